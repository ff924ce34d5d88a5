// SPDX-License-Identifier: MIT
/*
 * Fields drawn from small lists by a hash of the customer's number.
 */
#include "tests/bench/customer.h"

#include <stdio.h>

#include "common/pack.h"

#define COUNT(list)    (sizeof(list) / sizeof *(list))
#define SIGN           3 /* bytes of one */
#define LIMIT_UNGRADED 900000000

/* Those in front come often, so that pairs of them are as uneven as in
 * companies' names. */
static const char signs[] = "安邦博昌辰诚达德鼎东方飞丰福富光广国海浩恒"
			    "弘宏华汇慧嘉佳建江金锦晶景凯康兰朗乐利联林"
			    "龙美明铭南宁鹏启千庆荣瑞润盛顺思泰天通同旺"
			    "信兴旭亚阳耀益永优友宇源远越云展振正志中众"
			    "卓创新科力维蓝星城太和百万大宝合隆升裕泽洋"
			    "港湾川峰岭山河湖溪泉石玉珠翠青绿红紫银铜铁"
			    "钢木竹松柏梅菊桂莲花草叶春夏秋冬风雨雪霜电"
			    "火水土日月辉煌灿烂捷迅速宜居家园庭院楼阁亭"
			    "台桥路街巷里坊乡镇县市省区州府域世纪时代年"
			    "岁朝夕晨晓曦晖昊昱昭显彰扬威武文章书画琴棋"
			    "诗词歌舞音韵律动静定稳健固强壮伟雄杰豪英贤"
			    "圣哲智睿聪敏巧妙奇特异超绝顶尖锋锐刃剑盾甲"
			    "兵马牛羊鹿鹤凤凰鸿雁燕鹰鲲鱼虾蟹贝麒麟虎豹"
			    "狮象熊鑫森淼焱垚晟昆仑岳嵩衡斗极点线面体形"
			    "神采影像镜屏幕布衣帛丝绸缎棉麻纱针织绣染";
static const char *const trades[] = { "贸易", "机械", "电子", "食品", "服装",
	"建材", "物流", "科技" };
static const char *const cities[] = { "上海", "杭州", "苏州", "南京", "宁波",
	"无锡", "合肥", "成都" };
static const char *const provinces[] = { "上海市", "浙江省", "江苏省", "江苏省",
	"浙江省", "江苏省", "安徽省", "四川省" };
static const char *const regions[] = { "310115", "330106", "320505", "320106",
	"330203", "320211", "340104", "510107" };
static const char *const categories[] = { "vip", "regular", "prospect" };
static const char *const grades[] = { "A", "B", "C", "D" };
static const char *const tags[] = { "华东", "老客户", "重点", "展会", "外贸",
	"定制" };
static const char *const ways[] = { "cash", "monthly", "credit", "advance" };

struct draw {
	uint64_t state;
};

uint64_t customer_mix(uint64_t n)
{
	n = (n + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

static uint64_t draw(struct draw *d, uint64_t below)
{
	d->state = customer_mix(d->state);
	return (d->state >> 11) % below;
}

void customer_mobile(uint32_t number, char out[static MOBILE_TEXT])
{
	/* One to one, so that a mobile is one customer's. */
	uint64_t tail = number * UINT64_C(7368787) % 100000000;

	snprintf(out, MOBILE_TEXT, "138%08u", (unsigned)tail);
}

/* GB 32100: a check digit over the inner code, another over all. */
static void make_uscc(uint32_t number, char out[static 19])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const unsigned inner[] = { 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned sum = 0, weight = 1;

	snprintf(out, 19, "91310115%08u", number % 100000000);
	for (unsigned i = 0; i < 8; i++)
		sum += (unsigned)(out[8 + i] - '0') * inner[i];
	sum = (11 - sum % 11) % 11;
	out[16] = sum == 10 ? 'X' : (char)('0' + sum);
	sum = 0;
	for (unsigned i = 0; i < 17; i++) {
		sum += (unsigned)(strchr(alphabet, out[i]) - alphabet) * weight;
		weight = weight * 3 % 31;
	}
	out[17] = alphabet[(31 - sum % 31) % 31];
	out[18] = 0;
}

static void pick_signs(struct draw *d, unsigned count, char *out)
{
	uint64_t most = sizeof signs / SIGN;

	for (; count; count--, out += SIGN)
		memcpy(out, signs + SIGN * draw(d, 1 + draw(d, most)), SIGN);
	*out = 0;
}

void customer_remark(uint64_t seed, struct buf *out)
{
	struct draw d = { seed };
	char text[7 * 46 + 1] = "", sentence[64], word[16];

	while (strlen(text) + 46 < sizeof text) {
		pick_signs(&d, 4, word);
		snprintf(sentence, sizeof sentence, "与%s洽谈，约定下月再访。",
		    word);
		strcat(text, sentence);
	}
	pack_text(out, bytes_text(text));
}

static void pack_identity(uint32_t number, struct buf *out)
{
	bool again = customer_is_again(number);
	struct draw drawn = { again ? number - 1 : number }, *d = &drawn;
	char core[32], text[128], uscc[19];
	size_t city = draw(d, COUNT(cities));
	const char *trade = trades[draw(d, COUNT(trades))];

	pick_signs(d, 4, core);
	if (again)
		snprintf(text, sizeof text, "%s%s（%s）股份有限公司", core,
		    trade, cities[city]);
	else
		snprintf(text, sizeof text, "%s%s%s有限公司", cities[city],
		    core, trade);
	pack_key_cstr(out, "name", text);
	pack_key_cstr(out, "short_name", core);
	snprintf(text, sizeof text, "EX%09u", number);
	pack_key_cstr(out, "external_no", text);
	pack_key_cstr(out, "type", "company");
	pack_key_cstr(out, "status", "active");
	make_uscc(number, uscc);
	pack_key_cstr(out, "uscc", again ? "" : uscc);
	pack_key_cstr(out, "source", again ? "import" : "exhibition");
	pack_key_cstr(out, "region", regions[city]);
	pack_key_cstr(out, "province", provinces[city]);
	pack_key_cstr(out, "city", cities[city]);
	snprintf(text, sizeof text, "%s%s路%u号", cities[city], core,
	    (unsigned)draw(d, 2000) + 1);
	pack_key_cstr(out, "address", text);
	pack_key_cstr(out, "reg_address", text);
}

static void pack_contact(uint32_t number, struct draw *d, struct buf *out)
{
	char text[128];

	snprintf(text, sizeof text, "021-5%07u", (unsigned)draw(d, 9999999));
	pack_key_cstr(out, "phone", text);
	customer_mobile(number, text);
	pack_key_cstr(out, "mobile", text);
	snprintf(text, sizeof text, "buyer%u@example.com.cn", number);
	pack_key_cstr(out, "email", text);
	snprintf(text, sizeof text, "https://www.example.com.cn/%u", number);
	pack_key_cstr(out, "website", text);
	pack_key_cstr(out, "postcode", "200120");
	pack_cstr(out, "remark");
	customer_remark(number, out);
}

static void pack_dealings(struct draw *d, bool is_graded, struct buf *out)
{
	char text[32];

	pack_key_cstr(out, "category", categories[draw(d, COUNT(categories))]);
	if (is_graded)
		pack_key_cstr(out, "grade", grades[draw(d, COUNT(grades))]);
	pack_cstr(out, "tags");
	pack_array(out, 1);
	pack_cstr(out, tags[draw(d, COUNT(tags))]);
	pack_key_cstr(out, "needs", "长期采购标准件，按季度询价");
	pack_key_cstr(out, "industry", "F");
	pack_key_cstr(out, "payment_method", ways[draw(d, COUNT(ways))]);
	pack_key_int(out, "credit_days", (int64_t)draw(d, 90));
	snprintf(text, sizeof text, "%u.00",
	    (unsigned)draw(d, 900) * 1000 + (is_graded ? 0 : LIMIT_UNGRADED));
	pack_key_cstr(out, "credit_limit", text);
	snprintf(text, sizeof text, "2027-%02u-%02u", (unsigned)draw(d, 12) + 1,
	    (unsigned)draw(d, 28) + 1);
	pack_key_cstr(out, "next_follow_at", text);
}

bool customer_is_again(uint32_t number)
{
	return number % 1000 == 999;
}

void customer_pack(uint32_t number, bool is_graded, struct buf *out)
{
	struct draw d = { ~(uint64_t)number };

	pack_map(out, 12 + 6 + 8 + is_graded);
	pack_identity(number, out);
	pack_contact(number, &d, out);
	pack_dealings(&d, is_graded, out);
}
