// SPDX-License-Identifier: MIT
/*
 * The question: parameters and rights.  See sales.h.
 *
 * Whoever asks must be granted every input of every figure, in each relation
 * that the report ranges over; it ranges over what he may know of in all of
 * the entities concerned.
 */
#include "server/book/sales.h"

#include "server/book/need.h"

static const char *const figure_keys[MEASURES] = { "sales", "orders",
	"returns" };

/* --- figures -------------------------------------------------------------*/

static const struct field *product_field(const struct entity *e)
{
	for (unsigned i = 0; i < e->field_count; i++)
		if (e->fields[i].ref &&
		    !strcmp(e->fields[i].ref->key, "product"))
			return &e->fields[i];
	return NULL;
}

const struct field *sales_product(const struct derive_part *part)
{
	const struct field *own = product_field(part->child);
	const struct field *sum = part->field;

	if (own || !sum || !sum->derive.part_count)
		return own;
	return product_field(sum->derive.parts[0].child);
}

static enum err find_figures(struct sales *s)
{
	for (unsigned m = 0; m < MEASURES; m++) {
		const struct field *f =
		    entity_figure(s->customer, bytes_text(figure_keys[m]));
		const struct field *product;

		if (!f) {
			s->run->bad_field = bytes_text("name");
			return ERR_UNKNOWN;
		}
		s->figures[m] = f;
		for (unsigned i = 0; i < f->derive.part_count; i++) {
			product = sales_product(&f->derive.parts[i]);
			if (product)
				s->product = product->ref;
		}
	}
	return ERR_OK;
}

typedef enum err (*part_fn)(struct sales *s, const struct derive_part *part);

static enum err each_part(struct sales *s, part_fn call)
{
	enum err err = ERR_OK;

	for (unsigned m = 0; m < MEASURES; m++) {
		const struct derive *d = &s->figures[m]->derive;

		for (unsigned i = 0; !err && i < d->part_count; i++)
			err = call(s, &d->parts[i]);
	}
	return err;
}

/* --- rights --------------------------------------------------------------*/

/* Rows that he may know of as an order, as a return, and as a customer. */
static enum err narrow(struct sales *s, const struct derive_part *part)
{
	return need_rows(s->run, part->child);
}

static enum err need_inputs(struct sales *s, const struct derive_part *part)
{
	return need_part(s->run, part);
}

static enum err need_product(struct sales *s, const struct derive_part *part)
{
	const struct field *product = sales_product(part);

	return product ? need_field(s->run, product, USE_GROUP) : ERR_OK;
}

static enum err need_dims(struct sales *s, const char *group)
{
	const struct entity *product = s->product;
	enum err err;

	s->dims = (struct dims){ .run = s->run, .customer = s->customer };
	if (group)
		return dims_take(&s->dims, group);
	if (s->run->offers && each_part(s, need_product))
		product = NULL;
	err = dims_read(&s->dims, "customer", true, product);
	return !err && dims_also(&s->dims) >= 0 ? each_part(s, need_product)
						: err;
}

enum err sales_resolve(
    struct report_run *r, const char *group, struct sales *out)
{
	enum err err;

	*out = (struct sales){ .run = r };
	err = need_customers(r, &out->customer);
	if (!err)
		err = find_figures(out);
	if (!err)
		err = each_part(out, narrow);
	if (!err)
		err = each_part(out, need_inputs);
	return err ? err : need_dims(out, group);
}

enum err sales_span(struct sales *s)
{
	enum err err = params_span(s->run, &s->span);

	s->by_ledger = span_is_months(&s->span) && dims_also(&s->dims) < 0;
	return err;
}

/* --- sums ----------------------------------------------------------------*/

enum err sales_net(const struct sums *s, struct decimal *net)
{
	return decimal_sub(&s->of[MEASURE_SALES], &s->of[MEASURE_RETURNS], net);
}

enum err sales_total(const struct sales *s, struct sums *total)
{
	enum err err = ERR_OK;

	*total = (struct sums){ .newest = INT32_MIN };
	for (size_t i = 0; i < s->groups.count; i++)
		for (unsigned m = 0; !err && m < MEASURES; m++)
			err = decimal_add(&total->of[m],
			    &s->groups.list[i].of[m], &total->of[m]);
	return err;
}
