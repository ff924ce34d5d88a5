// SPDX-License-Identifier: MIT
/*
 * What is summed up step by step equals what a sum from scratch gives, after
 * whatever was done in whatever order.
 */
#include "whole_ask.h"

#include "common/date.h"
#include "server/data/figures.h"

#define CUSTOMERS 3
#define ORDERS    8
#define LINES     24
#define PAYMENTS  8
#define STEPS     400
#define MONTHS    3
#define DAYS      (28 * MONTHS)

struct model_line {
	unsigned order;
	long quantity, price; /* price in cents */
	char id[ID_TEXT];
};
struct model_order {
	unsigned customer, status;
	int day;
	char id[ID_TEXT];
};
struct model_payment {
	unsigned customer;
	long amount;
	char id[ID_TEXT];
};

struct model {
	struct whole *w;
	char customers[CUSTOMERS][ID_TEXT], product[ID_TEXT];
	struct model_order orders[ORDERS];
	struct model_line lines[LINES];
	struct model_payment payments[PAYMENTS];
	unsigned order_count, line_count, payment_count;
};

static const char *const statuses[] = { "draft", "confirmed", "shipped",
	"closed", "cancelled" };

static unsigned chance(struct model *m, unsigned below)
{
	return (unsigned)(book_chance(m->w->book) % below);
}

static void keep_id(struct model *m, char id[static ID_TEXT])
{
	snprintf(id, ID_TEXT, "%s", at(m->w, "id"));
}

static bool is_counted(const struct model_order *o)
{
	return o->status >= 1 && o->status <= 3;
}

/* Days 1 to DAYS lie in January, February and March. */
static const char *date_of(int day, char date[static DATE_TEXT])
{
	int32_t first;

	assert_int_equal(
	    date_join(2026, 1 + (day - 1) / 28, 1, &first), ERR_OK);
	date_format(first + (day - 1) % 28, date);
	return date;
}

/* --- steps ---------------------------------------------------------------*/

static void add_order(struct model *m)
{
	char date[DATE_TEXT];
	struct model_order *o = &m->orders[m->order_count];

	if (m->order_count == ORDERS)
		return;
	*o = (struct model_order){ .customer = chance(m, CUSTOMERS),
		.day = 1 + (int)chance(m, DAYS) };
	must(m->w, "loader", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':"
	    "'%s'}}",
	    m->customers[o->customer], date_of(o->day, date));
	keep_id(m, o->id);
	m->order_count++;
}

static void change_order(struct model *m)
{
	char date[DATE_TEXT];
	struct model_order *o;

	if (!m->order_count)
		return;
	o = &m->orders[chance(m, m->order_count)];
	if (chance(m, 2))
		o->status = chance(m, 5);
	if (chance(m, 2))
		o->day = 1 + (int)chance(m, DAYS);
	must(m->w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'status':'%s','date':"
	    "'%s'}}",
	    o->id, statuses[o->status], date_of(o->day, date));
}

static void add_line(struct model *m)
{
	struct model_line *l = &m->lines[m->line_count];

	if (m->line_count == LINES || !m->order_count)
		return;
	*l = (struct model_line){ .order = chance(m, m->order_count),
		.quantity = 1 + chance(m, 9),
		.price = chance(m, 10000) };
	must(m->w, "loader", "record.create",
	    "{'entity':'order_line','fields':{'order':'%s','product':'%s',"
	    "'line':%u,'quantity':'%ld','unit_price':'%ld.%02ld'}}",
	    m->orders[l->order].id, m->product, m->line_count + 1, l->quantity,
	    l->price / 100, l->price % 100);
	keep_id(m, l->id);
	m->line_count++;
}

static void change_line(struct model *m)
{
	struct model_line *l;

	if (!m->line_count)
		return;
	l = &m->lines[chance(m, m->line_count)];
	l->quantity = chance(m, 9);
	must(m->w, "loader", "record.update",
	    "{'entity':'order_line','id':'%s','set':{'quantity':'%ld'}}", l->id,
	    l->quantity);
}

static void add_payment(struct model *m)
{
	struct model_payment *p = &m->payments[m->payment_count];

	if (m->payment_count == PAYMENTS)
		return;
	*p = (struct model_payment){ .customer = chance(m, CUSTOMERS),
		.amount = chance(m, 100000) };
	must(m->w, "loader", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':'2026-03-01'"
	    ",'amount':'%ld.%02ld'}}",
	    m->customers[p->customer], p->amount / 100, p->amount % 100);
	keep_id(m, p->id);
	m->payment_count++;
}

static void change_payment(struct model *m)
{
	struct model_payment *p;

	if (!m->payment_count)
		return;
	p = &m->payments[chance(m, m->payment_count)];
	p->amount = chance(m, 100000);
	must(m->w, "loader", "record.update",
	    "{'entity':'payment','id':'%s','set':{'amount':'%ld.%02ld'}}",
	    p->id, p->amount / 100, p->amount % 100);
}

/* Order, line and confirmation in one request. */
static void add_many(struct model *m)
{
	char date[DATE_TEXT];
	struct model_order *o = &m->orders[m->order_count];
	struct model_line *l = &m->lines[m->line_count];

	if (m->order_count == ORDERS || m->line_count == LINES)
		return;
	*o = (struct model_order){ .customer = chance(m, CUSTOMERS),
		.day = 1 + (int)chance(m, DAYS),
		.status = chance(m, 5) };
	*l = (struct model_line){
		.order = m->order_count, .quantity = 3, .price = chance(m, 5000)
	};
	must(m->w, "loader", "record.batch",
	    "{'atomic':true,'items':[{'op':'create','entity':'order','fields':"
	    "{'customer':'%s','date':'%s'}},{'op':'create','entity':"
	    "'order_line','fields':{'order':'#0','product':'%s','line':%u,"
	    "'quantity':'3','unit_price':'%ld.%02ld'}},{'op':'update','entity'"
	    ":'order','id':'#0','set':{'status':'%s'}}]}",
	    m->customers[o->customer], date_of(o->day, date), m->product,
	    m->line_count + 1, l->price / 100, l->price % 100,
	    statuses[o->status]);
	snprintf(o->id, ID_TEXT, "%s", at(m->w, "items.0.id"));
	snprintf(l->id, ID_TEXT, "%s", at(m->w, "items.1.id"));
	m->order_count++;
	m->line_count++;
}

/* --- from scratch --------------------------------------------------------*/

static long order_amount(const struct model *m, unsigned order)
{
	long sum = 0;

	for (unsigned i = 0; i < m->line_count; i++)
		if (m->lines[i].order == order)
			sum += m->lines[i].quantity * m->lines[i].price;
	return sum;
}

static long receivable(const struct model *m, unsigned customer)
{
	long sum = 0;

	for (unsigned i = 0; i < m->order_count; i++)
		if (m->orders[i].customer == customer &&
		    is_counted(&m->orders[i]))
			sum += order_amount(m, i);
	for (unsigned i = 0; i < m->payment_count; i++)
		if (m->payments[i].customer == customer)
			sum -= m->payments[i].amount;
	return sum;
}

static int last_day(const struct model *m, unsigned customer)
{
	int last = 0;

	for (unsigned i = 0; i < m->order_count; i++)
		if (m->orders[i].customer == customer &&
		    is_counted(&m->orders[i]) && m->orders[i].day > last)
			last = m->orders[i].day;
	return last;
}

static void assert_cents(const char *text, long cents)
{
	struct decimal v = decimal_int(0), want = decimal_int(cents);
	struct decimal hundred = decimal_int(100);

	if (*text)
		assert_int_equal(
		    decimal_parse_stored(bytes_text(text), &v), ERR_OK);
	assert_int_equal(decimal_mul(&v, &hundred, &v), ERR_OK);
	assert_int_equal(decimal_compare(&v, &want), 0);
}

static void assert_figure(
    const struct record *r, const char *key, uint16_t month, long cents)
{
	const struct field *f = entity_figure(r->entity, bytes_text(key));
	struct decimal sum, want = decimal_int(cents);
	struct decimal hundred = decimal_int(100);

	assert_int_equal(figure_sum(r->ledger, f, month, month, &sum), ERR_OK);
	assert_int_equal(decimal_mul(&sum, &hundred, &sum), ERR_OK);
	assert_int_equal(decimal_compare(&sum, &want), 0);
}

/* Sales and orders of each month, payments of the one they are in. */
static void check_figures(struct model *m, unsigned customer)
{
	struct record *r;
	struct ledger *l;
	uint64_t id;

	whole_refresh(m->w);
	assert_true(id_parse(bytes_text(m->customers[customer]), &id));
	assert_int_equal(record_load(&m->w->desk, &m->w->book->arena,
			     whole_entity(m->w, "customer"), id, &r),
	    ERR_OK);
	assert_int_equal(record_ledger(&m->w->desk, r, &l), ERR_OK);
	for (int month = 0; month < MONTHS; month++) {
		uint16_t at = (uint16_t)(2026 * 12 + month);
		long sales = 0, orders = 0, paid = 0;

		for (unsigned i = 0; i < m->order_count; i++) {
			if (m->orders[i].customer != customer ||
			    !is_counted(&m->orders[i]) ||
			    (m->orders[i].day - 1) / 28 != month)
				continue;
			sales += order_amount(m, i);
			orders += 100;
		}
		for (unsigned i = 0; i < m->payment_count; i++)
			if (m->payments[i].customer == customer)
				paid += m->payments[i].amount;
		assert_figure(r, "sales", at, sales);
		assert_figure(r, "orders", at, orders);
		assert_figure(r, "paid", at, month == 2 ? paid : 0);
	}
}

static void check(struct model *m)
{
	char date[DATE_TEXT];

	for (unsigned i = 0; i < m->order_count; i++) {
		must(m->w, "loader", "record.get",
		    "{'entity':'order','id':'%s'}", m->orders[i].id);
		assert_cents(at(m->w, "fields.amount"), order_amount(m, i));
	}
	for (unsigned i = 0; i < CUSTOMERS; i++) {
		must(m->w, "loader", "record.get",
		    "{'entity':'customer','id':'%s'}", m->customers[i]);
		assert_cents(at(m->w, "fields.receivable"), receivable(m, i));
		assert_string_equal(at(m->w, "fields.last_order_at"),
		    last_day(m, i) ? date_of(last_day(m, i), date) : "");
		check_figures(m, i);
	}
}

static void begin(struct model *m, struct whole *w)
{
	*m = (struct model){ .w = w };
	for (unsigned i = 0; i < CUSTOMERS; i++) {
		new_customer(w, "loader", "合计公司", "");
		keep_id(m, m->customers[i]);
	}
	new_product(w, "红茶");
	keep_id(m, m->product);
}

static void test_totals_equal_a_sum_from_scratch(void **state)
{
	static void (*const steps[])(struct model *) = { add_order,
		change_order, change_order, add_line, change_line, add_payment,
		change_payment, add_many };
	struct model m;

	begin(&m, *state);
	for (unsigned i = 0; i < STEPS; i++) {
		steps[chance(&m, sizeof steps / sizeof *steps)](&m);
		if (i % 20 == 19)
			check(&m);
		arena_reset(&m.w->book->arena);
	}
	check(&m);
}

/* --- the latest, by hand -------------------------------------------------*/

static void assert_last(struct whole *w, const char *id, const char *date)
{
	must(w, "loader", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_string_equal(at(w, "fields.last_order_at"), date);
}

static void test_latest_goes_back_with_the_newest_order(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "loader", "回退公司", "");
	const char *newest;

	new_order(w, id, "2026-01-10", "confirmed");
	new_order(w, id, "2026-02-10", "confirmed");
	newest = new_order(w, id, "2026-03-10", "confirmed");
	assert_last(w, id, "2026-03-10");
	must(w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'date':'2026-01-05'}}", newest);
	assert_last(w, id, "2026-02-10");
}

static void test_latest_is_empty_when_the_last_order_is_cancelled(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "loader", "撤单公司", "");
	const char *order = new_order(w, id, "2026-01-10", "confirmed");

	must(w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'status':'cancelled'}}", order);
	assert_last(w, id, "");
}

/* Both in one request: the work's own records count as they are there. */
static void test_latest_sees_what_the_same_request_changed(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "loader", "同批公司", "");
	const char *first = new_order(w, id, "2026-01-10", "confirmed");
	const char *second = new_order(w, id, "2026-02-10", "confirmed");

	must(w, "loader", "record.batch",
	    "{'atomic':true,'items':[{'op':'update','entity':'order','id':'%s'"
	    ",'set':{'date':'2026-01-01'}},{'op':'update','entity':'order',"
	    "'id':'%s','set':{'date':'2025-12-01'}}]}",
	    first, second);
	assert_last(w, id, "2026-01-01");
}

/* More than a loop looks at by itself. */
static void test_latest_of_many_orders_goes_to_a_worker(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "loader", "多单公司", ""), *newest;
	struct buf items;

	buf_init(&items, 1 << 20);
	for (unsigned i = 0; i < 400; i++) {
		char item[200];

		snprintf(item, sizeof item,
		    "{'op':'create','entity':'order','fields':{'customer':'%s'"
		    ",'date':'2026-0%u-%02u','status':'closed'}},",
		    id, 1 + i % 5, 1 + i % 28);
		buf_append_text(&items, item);
	}
	buf_append_byte(&items, 0);
	must(w, "loader", "record.batch", "{'items':[%s]}",
	    (const char *)buf_bytes(&items).data);
	buf_release(&items);
	newest = new_order(w, id, "2026-06-01", "confirmed");
	must(w, "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'status':'cancelled'}}",
	    newest);
	assert_last(w, id, "2026-05-28");
}

static void test_order_stays_with_its_customer(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "loader", "原主公司", "");
	const char *other = new_customer(w, "loader", "他主公司", "");
	const char *order = new_order(w, id, "2026-01-10", "confirmed");

	refused(w, "invalid", "loader", "record.update",
	    "{'entity':'order','id':'%s','set':{'customer':'%s'}}", order,
	    other);
	assert_string_equal(at(w, "rule"), "once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals_equal_a_sum_from_scratch),
		cmocka_unit_test(test_latest_goes_back_with_the_newest_order),
		cmocka_unit_test(
		    test_latest_is_empty_when_the_last_order_is_cancelled),
		cmocka_unit_test(
		    test_latest_sees_what_the_same_request_changed),
		cmocka_unit_test(test_latest_of_many_orders_goes_to_a_worker),
		cmocka_unit_test(test_order_stays_with_its_customer),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
