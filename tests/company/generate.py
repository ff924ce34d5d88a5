#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A made-up trading company with three branches, as files to import.

    generate.py --seed 1 --customers 200 --orders 2000 OUT_DIR
    generate.py --check

The same seed, sizes and --until give the same bytes on every machine.  Codes,
ids, phones and accounts obey their check digits but belong to nobody; e-mail
addresses end in example.com.cn.  What a branch loads for itself (customers
with their first contact, communications) is one file a branch, because a
branch's rows are written by that branch's people.  Headers are the Chinese
ones of the office's old ledger; FILES maps them to fields, and every .csv gets
a .map beside it for `kehu ENTITY import FILE.csv --map-file FILE.map`.
Only Python's standard library is used, and of it no global randomness.
"""
import argparse
import csv
import datetime
import decimal
import hashlib
import os
import random
import sys
import tempfile

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, i, 31) for i in range(17)]
ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORG_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]
ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

BRANCHES = [  # code, name, city, province, area code, region codes, postcode
    ("SH", "上海总部", "上海", "上海市", "021", "200120",
     [("310115", "浦东新区"), ("310104", "徐汇区"), ("310112", "闵行区"),
      ("310113", "宝山区"), ("310117", "松江区")]),
    ("HZ", "杭州分公司", "杭州", "浙江省", "0571", "310000",
     [("330106", "西湖区"), ("330108", "滨江区"), ("330109", "萧山区"),
      ("330110", "余杭区")]),
    ("CD", "成都分公司", "成都", "四川省", "028", "610000",
     [("510104", "锦江区"), ("510107", "武侯区"), ("510108", "成华区"),
      ("510116", "双流区")]),
]
PEOPLE = [  # login, roles, branch, who
    ("zhangwei", "sales", "SH", "张伟"), ("lina", "sales", "SH", "李娜"),
    ("chenjie", "sales", "HZ", "陈洁"), ("wuhao", "sales", "HZ", "吴昊"),
    ("yangfan", "sales", "CD", "杨帆"), ("huangting", "sales", "CD", "黄婷"),
    ("liuqiang", "manager", "SH", "刘强"), ("zhoumin", "manager", "HZ", "周敏"),
    ("xulei", "manager", "CD", "徐磊"), ("wangfang", "finance", "SH", "王芳"),
    ("sunli", "clerk", "SH", "孙丽"), ("maxia", "support", "SH", "马霞"),
    ("guojing", "auditor", "SH", "郭静"), ("linzong", "gm", "SH", "林总"),
    ("yiguan-sh", "manager,clerk,finance", "SH", "上海数据迁移"),
    ("yiguan-hz", "manager,clerk,finance", "HZ", "杭州数据迁移"),
    ("yiguan-cd", "manager,clerk,finance", "CD", "成都数据迁移"),
]
SURNAMES = ("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭"
            "曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆汪范廖石")
COMPOUND = ["欧阳", "司马", "上官", "诸葛"]
GIVEN = ("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建文俊峰"
         "雪梅琳晨宇浩然子涵欣怡梓轩雨桐志远思源")
BRAND = ("华宏远盛恒泰瑞丰嘉达鼎信诚安康博凯隆锦源润泽天海联创新立")
TRADES = [  # industry section, words in the name, what they need
    ("C", "精密机械", "非标轴承与密封件"), ("C", "食品", "包装箱与标签"),
    ("C", "纺织", "缝纫耗材"), ("C", "电子科技", "连接器、线材"),
    ("F", "贸易", "办公用品季度框架"), ("F", "商贸", "礼盒装红茶"),
    ("G", "物流", "托盘与缠绕膜"), ("H", "餐饮管理", "茶叶与一次性餐具"),
    ("I", "信息技术", "键盘、显示器支架"), ("E", "建设工程", "劳保手套、安全帽"),
    ("M", "检测技术", "实验室耗材"), ("L", "商务咨询", "打印纸与墨盒"),
]
SUFFIX = ["有限公司", "有限公司", "有限公司", "股份有限公司", "（集团）有限公司"]
STREETS = ["世纪大道", "人民路", "解放路", "建设路", "科技路", "文一西路",
           "天府大道", "中山北路", "迎宾路", "创新路"]
TITLES = ["采购经理", "行政主管", "总经理助理", "仓库主管", "财务经理", "采购专员"]
PRODUCTS = [  # name, category, unit, price
    ("红茶 250克", "饮料", "盒", "68.00"), ("绿茶 250克", "饮料", "盒", "88.00"),
    ("龙井 特级 100克", "饮料", "罐", "198.00"), ("咖啡豆 1千克", "饮料", "袋", "126.50"),
    ("复印纸 A4 70克", "办公", "箱", "115.00"), ("复印纸 A3 80克", "办公", "箱", "168.00"),
    ("签字笔 黑 0.5", "办公", "盒", "18.80"), ("文件夹 双孔", "办公", "个", "6.50"),
    ("墨盒 黑", "办公", "支", "89.90"), ("订书机 重型", "办公", "台", "45.00"),
    ("纸箱 五层 40厘米", "包装", "百只", "320.00"), ("封箱胶带 48毫米", "包装", "箱", "96.00"),
    ("缠绕膜 50厘米", "包装", "卷", "38.00"), ("气泡膜 30厘米", "包装", "卷", "26.40"),
    ("托盘 塑料 1.2米", "仓储", "只", "135.00"), ("货架 轻型", "仓储", "组", "480.00"),
    ("手推车 静音", "仓储", "台", "268.00"), ("劳保手套 棉", "劳保", "百双", "145.00"),
    ("安全帽 ABS", "劳保", "顶", "32.00"), ("防护眼镜", "劳保", "副", "15.60"),
    ("口罩 KN95", "劳保", "百只", "99.00"), ("轴承 6204", "配件", "只", "12.35"),
    ("密封圈 45毫米", "配件", "百只", "56.00"), ("螺栓 M8 不锈钢", "配件", "百只", "42.75"),
    ("连接器 12芯", "配件", "只", "23.90"), ("网线 超五类 305米", "电子", "箱", "520.00"),
    ("键盘 有线", "电子", "只", "69.00"), ("显示器支架", "电子", "只", "158.00"),
    ("插线板 8位", "电子", "只", "49.90"), ("移动硬盘 1TB", "电子", "只", "389.00"),
]
CUSTOMER = [  # column of the old ledger, field
    ("原编号", "external_no"), ("单位名称", "name"), ("简称", "short_name"),
    ("客户类型", "type"), ("统一代码", "uscc"), ("证件类型", "id_type"),
    ("证件号码", "person_id"), ("客户状态", "status"), ("客户类别", "category"),
    ("等级", "grade"), ("行业", "industry"), ("地区代码", "region"),
    ("省份", "province"), ("城市", "city"), ("地址", "address"),
    ("邮编", "postcode"), ("座机", "phone"), ("手机", "mobile"),
    ("邮箱", "email"), ("微信", "wechat"), ("告知同意", "consent"),
    ("来源", "source"), ("客户经理", "owner"), ("需求", "needs"),
    ("备注", "remark"), ("付款方式", "payment_method"), ("账期", "credit_days"),
    ("信用额度", "credit_limit"), ("信用等级", "credit_grade"),
    ("联系人", "contact.name"), ("联系人职务", "contact.title"),
    ("联系人手机", "contact.mobile"), ("联系人邮箱", "contact.email"),
    ("联系人生日", "contact.birthday"),
]
FILES = {  # file stem -> columns; * stands for a branch
    "branches": [("代码", "code"), ("名称", "name"), ("区号", "area_code"),
                 ("地址", "address"), ("电话", "phone"), ("求助", "help")],
    "products": [("原编号", "external_no"), ("名称", "name"),
                 ("类别", "category"), ("单位", "unit"), ("单价", "unit_price")],
    "customers-*": CUSTOMER,
    "orders": [("单号", "external_no"), ("客户", "customer"), ("日期", "date"),
               ("到期", "due_date"), ("发货", "shipped_date"), ("运费", "freight"),
               ("送货到", "ship_to"), ("状态", "status")],
    "order_lines": [("单号", "order"), ("行", "line"), ("产品", "product"),
                    ("数量", "quantity"), ("单价", "unit_price"),
                    ("折扣", "discount")],
    "payments": [("收款单号", "external_no"), ("客户", "customer"),
                 ("订单", "order"), ("日期", "date"), ("金额", "amount"),
                 ("方式", "method")],
    "activities-*": [("客户", "customer"), ("方式", "kind"), ("时间", "at"),
                     ("内容", "content"), ("下次", "next_at")],
}


def uscc_check(first17):
    total = sum(USCC_ALPHABET.index(c) * w
                for c, w in zip(first17, USCC_WEIGHTS))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def org_check(first8):
    """GB 11714: position 17 of a USCC over its positions 9 to 16."""
    total = sum(ORG_ALPHABET.index(c) * w for c, w in zip(first8, ORG_WEIGHTS))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def id_check(first17):
    return "10X98765432"[sum(int(c) * w
                             for c, w in zip(first17, ID_WEIGHTS)) % 11]


def is_uscc(text):
    return (len(text) == 18 and all(c in USCC_ALPHABET for c in text)
            and text[16] == org_check(text[8:16])
            and text[17] == uscc_check(text[:17]))


def is_resident_id(text):
    if len(text) != 18 or not text[:17].isdigit():
        return False
    try:
        datetime.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return text[17] == id_check(text[:17])


class Company:
    """All rows of the company, made from one seed."""

    def __init__(self, seed, customers, orders, until):
        self.rng = random.Random(seed)
        self.until = until
        self.used = set()
        self.rows = {stem: [] for stem in FILES if "*" not in stem}
        for branch in BRANCHES:
            self.rows["customers-" + branch[0]] = []
            self.rows["activities-" + branch[0]] = []
        self.clients = []
        self.make_branches()
        self.make_products()
        for index in range(customers):
            self.make_customer(index)
        for index in range(orders):
            self.make_order(index)
        self.settle_credit()

    def once(self, make):
        """A value that was not made before."""
        while True:
            value = make()
            if value not in self.used:
                self.used.add(value)
                return value

    def digits(self, count):
        return "".join(self.rng.choice("0123456789") for _ in range(count))

    def day(self, most_days, least_days=0):
        back = self.rng.randint(least_days, most_days)
        return self.until - datetime.timedelta(days=back)

    # --- single values ---------------------------------------------------
    def person(self):
        rng = self.rng
        family = rng.choice(COMPOUND) if rng.random() < 0.01 \
            else rng.choice(SURNAMES)
        return family + "".join(rng.choice(GIVEN)
                                for _ in range(rng.choice((1, 2, 2, 2))))

    def uscc(self, region):
        body = self.digits(7) + self.rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY")
        subject = body + org_check(body)
        first = "91" + region + subject
        return first + uscc_check(first)

    def resident_id(self, region):
        birth = datetime.date(1955, 1, 1) + datetime.timedelta(
            days=self.rng.randrange(365 * 48))
        first = region + birth.strftime("%Y%m%d") + self.digits(3)
        return first + id_check(first)

    def mobile(self):
        return self.rng.choice(("138", "139", "150", "158", "173", "186",
                                "188", "199")) + self.digits(8)

    def landline(self, area):
        number = self.rng.choice("568") + self.digits(7)
        extension = "-8%02d" % self.rng.randrange(100) \
            if self.rng.random() < 0.1 else ""
        return "%s-%s%s" % (area, number, extension)

    def latin(self):
        letters = "abcdefghjklmnpqrstwxyz"
        return self.once(lambda: "".join(
            self.rng.choice(letters) for _ in range(6))
            + str(self.rng.randrange(10, 100)))

    # --- rows --------------------------------------------------------------
    def make_branches(self):
        for code, name, city, _, area, _, regions in BRANCHES:
            phone = self.landline(area).split("-8")[0]
            self.rows["branches"].append([
                code, name, area, "%s市%s%s1号" % (city, regions[0][1],
                                                 STREETS[0]),
                phone, "信息部 021-52345678"])

    def make_products(self):
        for index, product in enumerate(PRODUCTS):
            self.rows["products"].append(["CP%03d" % (index + 1)]
                                         + list(product))

    def make_customer(self, index):
        rng = self.rng
        # Half the book is the head office's.
        branch = BRANCHES[0] if index == 0 else \
            BRANCHES[rng.choices((0, 1, 2), (50, 30, 20))[0]]
        code, _, city, province, area, postcode, regions = branch
        region, district = rng.choice(regions)
        kind = "company" if index == 0 else rng.choices(
            ("company", "sole_trader", "person", "public"), (70, 8, 18, 4))[0]
        row = dict.fromkeys((field for _, field in CUSTOMER), "")
        row.update(external_no="K%06d" % (index + 1), type=kind,
                   region=region, province=province, city=city,
                   postcode=postcode)
        row["address"] = "%s市%s%s%d号" % (
            city, district, rng.choice(STREETS), rng.randint(1, 1999))
        self.fill_name(row, kind, city, area, region, district)
        self.fill_class(row, code)
        self.fill_money(row, kind)
        if kind != "person":
            self.fill_contact(row)
        self.rows["customers-" + code].append(
            [row[field] for _, field in CUSTOMER])
        self.clients.append((row["external_no"], code, row["address"]))
        for _ in range(rng.choice((0, 0, 1, 2))):
            self.make_activity(row["external_no"], code)

    def fill_name(self, row, kind, city, area, region, district):
        rng = self.rng
        if kind == "person":
            row["name"] = self.person()
            row["id_type"] = "resident"
            row["person_id"] = self.once(lambda: self.resident_id(region))
            row["mobile"] = self.once(self.mobile)
            row["wechat"] = self.latin() if rng.random() < 0.6 else ""
            row["consent"] = "%s 售后回访 书面" % self.day(700)
            return
        trade = rng.choice(TRADES)
        row["industry"], row["needs"] = trade[0], trade[2]
        row["phone"] = self.once(lambda: self.landline(area))
        row["email"] = "info@%s.example.com.cn" % self.latin()
        if rng.random() < 0.5:
            row["mobile"] = self.once(self.mobile)

        def brand():
            return "".join(rng.choice(BRAND) for _ in range(rng.choice((2, 2, 3))))
        if kind == "public":
            row["name"] = self.once(lambda: "%s市%s%s第%d服务中心" % (
                city, district, rng.choice(("政务", "文化", "社区", "就业")),
                rng.randint(1, 9999)))
            row["industry"] = "S"
        elif kind == "sole_trader":
            row["name"] = self.once(lambda: "%s%s%s%s经营部" % (
                city, district.rstrip("区"), brand(), trade[1]))
            row["uscc"] = "92" + self.once(lambda: self.uscc(region))[2:]
            row["uscc"] = row["uscc"][:17] + uscc_check(row["uscc"][:17])
        else:
            short = self.once(lambda: brand() + trade[1])
            row["short_name"] = short
            row["name"] = city + short + rng.choice(SUFFIX)
            row["uscc"] = self.once(lambda: self.uscc(region))

    def fill_class(self, row, code):
        rng = self.rng
        row["status"] = rng.choices(
            ("active", "prospect", "suspended"), (80, 17, 3))[0]
        row["category"] = "prospect" if row["status"] == "prospect" \
            else rng.choices(("regular", "vip"), (85, 15))[0]
        row["grade"] = rng.choices("ABCD", (10, 25, 45, 20))[0]
        row["source"] = rng.choice(("phone", "visit", "exhibition",
                                    "referral", "social", "form"))
        sellers = [p[0] for p in PEOPLE if p[1] == "sales" and p[2] == code]
        row["owner"] = rng.choice(sellers)
        if rng.random() < 0.15:
            row["remark"] = rng.choice((
                "发货前请先电话确认", "月底集中对账", "只收纸质发票",
                "仓库周三不收货", "老板喜欢喝龙井"))

    def fill_money(self, row, kind):
        rng = self.rng
        row["payment_method"] = rng.choice(
            ("cash", "advance") if kind == "person"
            else ("monthly", "credit", "credit", "acceptance"))
        if kind == "person":
            return
        row["credit_days"] = rng.choice(("30", "45", "60", "90"))
        row["credit_limit"] = "%d000.00" % rng.choice(
            (20, 30, 50, 80, 100, 200, 500))
        row["credit_grade"] = rng.choices(
            ("AAA", "AA", "A", "BBB", "BB"), (5, 15, 40, 30, 10))[0]

    def fill_contact(self, row):
        rng = self.rng
        row["contact.name"] = self.person()
        row["contact.title"] = rng.choice(TITLES)
        row["contact.mobile"] = self.once(self.mobile)
        if rng.random() < 0.5:
            row["contact.email"] = "%s@example.com.cn" % self.latin()
        if rng.random() < 0.3:
            row["contact.birthday"] = str(datetime.date(1960, 1, 1)
                + datetime.timedelta(days=rng.randrange(365 * 40)))

    def make_activity(self, customer, code):
        rng = self.rng
        next_at = self.until + datetime.timedelta(days=rng.randint(3, 60)) \
            if rng.random() < 0.4 else ""
        self.rows["activities-" + code].append([
            customer, rng.choice(("phone", "visit", "wechat", "meeting")),
            str(self.day(300)),
            rng.choice(("询价，已报价", "回访，对交期满意", "催款，答应月底付",
                        "介绍新品，索取样品", "拜访，见到采购经理")),
            str(next_at)])

    def make_order(self, index):
        rng = self.rng
        # A few customers buy most: the squared draw leans to the front.
        customer, _, address = self.clients[
            int(len(self.clients) * rng.random() ** 2)]
        date = self.day(730)
        age = (self.until - date).days
        status = "draft" if age < 7 and rng.random() < 0.5 else \
            "confirmed" if age < 14 else "shipped" if age < 60 else \
            "cancelled" if rng.random() < 0.03 else "closed"
        number = "DD%06d" % (index + 1)
        shipped = date + datetime.timedelta(days=min(age, rng.randint(1, 9)))
        self.rows["orders"].append([
            number, customer, str(date),
            str(date + datetime.timedelta(days=rng.choice((30, 60)))),
            str(shipped) if status in ("shipped", "closed") else "",
            rng.choice(("0.00", "12.00", "35.50", "80.00")), address, status])
        total = decimal.Decimal(0)
        chosen = rng.sample(range(len(PRODUCTS)), rng.choice((1, 2, 2, 3, 4)))
        for line, product in enumerate(chosen):
            quantity = rng.choice((1, 2, 5, 10, 12, 20, 50))
            price = PRODUCTS[product][3]
            discount = rng.choice(("0", "0", "0", "0.05", "0.1"))
            total += quantity * decimal.Decimal(price) \
                * (1 - decimal.Decimal(discount))
            self.rows["order_lines"].append([
                number, line + 1, "CP%03d" % (product + 1), quantity, price,
                discount])
        if status == "closed" or (status == "shipped" and rng.random() < 0.4):
            self.make_payment(number, customer, date, age, total)

    def make_payment(self, order, customer, date, age, total):
        rng = self.rng
        amount = total.quantize(decimal.Decimal("0.01"),
                                decimal.ROUND_HALF_UP)
        paid = date + datetime.timedelta(days=min(age, rng.randint(5, 55)))
        self.rows["payments"].append([
            "SK%06d" % (len(self.rows["payments"]) + 1), customer, order,
            str(paid), str(amount), rng.choice(("transfer", "transfer",
                                                "acceptance", "alipay"))])

    # --- credit ------------------------------------------------------------
    def settle_credit(self):
        """Nobody has more on order than his limit lets through, and from
        whom no orders are taken there are none."""
        customer_of = {row[0]: row[1] for row in self.rows["orders"]}
        ordered = dict.fromkeys(customer_of.values(), decimal.Decimal(0))
        for number, _, _, quantity, price, discount in self.rows["order_lines"]:
            ordered[customer_of[number]] += quantity * decimal.Decimal(price) \
                * (1 - decimal.Decimal(discount))
        fields = [field for _, field in CUSTOMER]
        status, limit = fields.index("status"), fields.index("credit_limit")
        for stem, rows in self.rows.items():
            for row in rows if stem.startswith("customers-") else ():
                if row[0] not in ordered:
                    continue
                if row[status] == "suspended":
                    row[status] = "active"
                if row[limit] and ordered[row[0]] > decimal.Decimal(row[limit]):
                    row[limit] = "%d0000.00" % (ordered[row[0]] // 10000 + 1)

    # --- files -------------------------------------------------------------
    def write(self, out):
        os.makedirs(out, exist_ok=True)
        for stem, rows in self.rows.items():
            columns = columns_of(stem)
            with open(os.path.join(out, stem + ".csv"), "w", newline="",
                      encoding="utf-8") as f:
                writer = csv.writer(f, lineterminator="\n")
                writer.writerow([column for column, _ in columns])
                writer.writerows(rows)
            with open(os.path.join(out, stem + ".map"), "w",
                      encoding="utf-8") as f:
                f.writelines("%s: %s\n" % pair for pair in columns)
        with open(os.path.join(out, "users.txt"), "w", encoding="utf-8") as f:
            f.write("# login\troles\tbranch\twho\n")
            f.writelines("\t".join(person) + "\n" for person in PEOPLE)


def columns_of(stem):
    return FILES[stem] if stem in FILES else FILES[stem[:-2] + "*"]


def digest_of(directory):
    total = hashlib.sha256()
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), "rb") as f:
            total.update(name.encode() + b"\0" + f.read())
    return total.hexdigest()


def check():
    """The generator's own test; gives the number of failed claims."""
    results = []

    def claim(name, holds):
        results.append(bool(holds))
        print("%s %s" % ("ok    " if holds else "FAILED", name))

    until = datetime.date(2026, 6, 30)
    claim("published USCCs check", all(map(is_uscc, (
        "91110000600037341L", "91110000710926094P", "9144030071526726XG",
        "911522010783762860", "91340600MA2PBP2120"))))
    claim("a wrong USCC does not", not any(map(is_uscc, (
        "91110000600037341N", "91350100M000100Y4Z", "362322198709086409"))))
    claim("published ids check", all(map(is_resident_id, (
        "11010519491231002X", "440524188001010014"))))
    claim("a wrong id does not", not is_resident_id("36042619910102009X"))
    book = Company(7, 400, 900, until)
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        book.write(a)
        Company(7, 400, 900, until).write(b)
        claim("the same seed gives the same bytes",
              digest_of(a) == digest_of(b))
        Company(8, 400, 900, until).write(b)
        claim("another seed gives others", digest_of(a) != digest_of(b))
    fields = [field for _, field in CUSTOMER]
    people = [dict(zip(fields, row)) for code in ("SH", "HZ", "CD")
              for row in book.rows["customers-" + code]]
    claim("the asked number of customers", len(people) == 400)
    claim("every branch has some", all(
        len(book.rows["customers-" + c]) > 40 for c in ("SH", "HZ", "CD")))
    for field, is_good in (("uscc", is_uscc), ("person_id", is_resident_id)):
        values = [p[field] for p in people if p[field]]
        claim("%s: many, valid, unique" % field, len(values) > 40
              and all(map(is_good, values))
              and len(set(values)) == len(values))
    claim("a company in China has a USCC", all(
        p["uscc"] for p in people if p["type"] == "company"))
    names = [p["name"] for p in people if p["type"] == "company"]
    claim("company names are unique", len(set(names)) == len(names))
    known = {p["external_no"] for p in people}
    orders = {row[0]: row for row in book.rows["orders"]}
    claim("orders name known customers", len(orders) == 900
          and all(row[1] in known for row in orders.values()))
    claim("lines name known orders", {row[0] for row in
          book.rows["order_lines"]} == set(orders))
    claim("payments follow their order", all(
        orders[row[2]][1] == row[1] and orders[row[2]][2] <= row[3]
        <= str(until) for row in book.rows["payments"]))
    claim("there are payments and cancelled orders",
          len(book.rows["payments"]) > 100
          and any(row[7] == "cancelled" for row in orders.values()))
    limits = {p["external_no"]: decimal.Decimal(p["credit_limit"])
              for p in people if p["credit_limit"]}
    sums = {}
    for row in book.rows["order_lines"]:
        customer = orders[row[0]][1]
        sums[customer] = sums.get(customer, 0) + row[3] \
            * decimal.Decimal(row[4]) * (1 - decimal.Decimal(row[5]))
    claim("no limit stops an order", all(
        sums.get(number, 0) <= limit for number, limit in limits.items())
        and len(limits) > 100)
    claim("who is suspended orders nothing", any(
        p["status"] == "suspended" for p in people) and not any(
        p["status"] == "suspended" and p["external_no"] in sums
        for p in people))
    print("%d passed, %d failed" % (sum(results),
                                    len(results) - sum(results)))
    return len(results) - sum(results)


def main():
    parser = argparse.ArgumentParser(
        description="Writes a made-up company as files to import.")
    parser.add_argument("out", nargs="?", help="the directory to write into")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--until", type=datetime.date.fromisoformat,
                        default=datetime.date(2026, 6, 30),
                        help="the last day of the book")
    parser.add_argument("--check", action="store_true",
                        help="test the generator itself")
    args = parser.parse_args()
    if args.check:
        return 1 if check() else 0
    if not args.out:
        parser.error("OUT_DIR is missing")
    Company(args.seed, args.customers, args.orders, args.until).write(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
