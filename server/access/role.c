// SPDX-License-Identifier: MIT
/*
 * The strict reader of `roles:`.
 *
 * Each kind of map (a role, a grant) is a table of its keys; one walker reads
 * any of them.  The parse remembers the role at hand for its message and
 * stops at the first surprise.
 */
#include "server/access/role.h"

#include <stdio.h>

#include "common/unpack.h"

struct parse {
	const struct schema *schema;
	struct arena *arena;
	struct reader reader;
	struct bytes role; /* key of the role at hand */
	char *message;
	size_t message_size;
};

/* One key of a map and who reads its value into `target`. */
struct member {
	const char *key;
	enum err (*read)(struct parse *p, void *target);
};

#define MEMBERS_MOST 12

static enum err refuse(struct parse *p, const char *why, struct bytes word)
{
	snprintf(p->message, p->message_size, "role %.*s: %s: %.*s",
	    (int)(p->role.len < 80 ? p->role.len : 80),
	    (const char *)p->role.data, why,
	    (int)(word.len < 80 ? word.len : 80), (const char *)word.data);
	return ERR_INVALID;
}

/* A reader that failed met a value of another type. */
static enum err check_reader(struct parse *p, const char *where)
{
	if (p->reader.err == ERR_OK)
		return ERR_OK;
	return refuse(p, "not of the right form", bytes_text(where));
}

static const struct member *find_member(
    const struct member *table, struct bytes key)
{
	for (; table->key; table++) {
		if (bytes_is(key, table->key))
			return table;
	}
	return NULL;
}

static enum err read_members(
    struct parse *p, const struct member *table, void *target)
{
	uint32_t count = read_map(&p->reader);
	bool seen[MEMBERS_MOST] = { false };

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&p->reader);
		const struct member *m;
		enum err e = check_reader(p, "a key");

		if (e != ERR_OK)
			return e;
		m = find_member(table, key);
		if (!m)
			return refuse(p, "unknown key", key);
		if (seen[m - table])
			return refuse(p, "given twice", key);
		seen[m - table] = true;
		e = m->read(p, target);
		if (e == ERR_OK)
			e = check_reader(p, m->key);
		if (e != ERR_OK)
			return e;
	}
	return check_reader(p, "a map");
}

/* A list of words as a set: of each the bit that it stands for, 0 if it stands
 * for nothing. */
static enum err read_set(struct parse *p, const char *what, const char *unknown,
    uint64_t (*bit_of)(const struct schema *s, struct bytes word),
    uint64_t *set)
{
	uint32_t count = read_array(&p->reader);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes word = read_text(&p->reader);
		enum err e = check_reader(p, what);
		uint64_t bit = e == ERR_OK ? bit_of(p->schema, word) : 0;

		if (e != ERR_OK)
			return e;
		if (!bit)
			return refuse(p, unknown, word);
		*set |= bit;
	}
	return ERR_OK;
}

static uint64_t right_bit(const struct schema *s, struct bytes word)
{
	(void)s;
	return right_parse(word);
}

static enum err read_rights(struct parse *p, unsigned *rights)
{
	uint64_t set = *rights;
	enum err e = read_set(p, "rights", "unknown right", right_bit, &set);

	*rights = (unsigned)set;
	return e;
}

/* --- a grant -------------------------------------------------------------*/

static enum err read_on(struct parse *p, void *target)
{
	struct grant_rule *g = target;
	struct bytes word = read_text(&p->reader);

	if (p->reader.err != ERR_OK)
		return ERR_OK;
	g->relation = (uint8_t)relation_parse(word);
	return g->relation ? ERR_OK : refuse(p, "unknown relation", word);
}

static uint64_t entity_bit(const struct schema *s, struct bytes word)
{
	const struct entity *e = schema_entity(s, word);

	return e ? UINT64_C(1) << e->id : 0;
}

static enum err read_entities(struct parse *p, void *target)
{
	struct grant_rule *g = target;

	g->everywhere = false;
	return read_set(
	    p, "entities", "unknown entity", entity_bit, &g->entities);
}

static enum err read_level(struct parse *p, uint8_t *bits)
{
	struct bytes word = read_text(&p->reader);
	enum err e = check_reader(p, "a level");
	int level;

	if (e != ERR_OK)
		return e;
	level = level_parse(word);
	if (level < 0)
		return refuse(p, "unknown level", word);
	*bits = (uint8_t)level;
	return ERR_OK;
}

static enum err read_levels(struct parse *p, void *target)
{
	struct grant_rule *g = target;
	uint32_t count = read_map(&p->reader);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bytes word = read_text(&p->reader);
		enum err e = check_reader(p, "levels");
		int at;

		if (e != ERR_OK)
			return e;
		at = schema_class(p->schema, word);
		if (at < 0 || at >= SCHEMA_CLASSES)
			return refuse(p, "unknown class", word);
		if (seen >> at & 1)
			return refuse(p, "given twice", word);
		seen |= UINT64_C(1) << at;
		e = read_level(p, &g->of_class[at]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* "customer.mobile" */
static const struct field *dotted_field(
    const struct schema *schema, struct bytes word)
{
	const uint8_t *dot = bytes_find(word, '.');
	const struct entity *e;
	size_t before;

	if (!dot)
		return NULL;
	before = (size_t)(dot - word.data);
	e = schema_entity(schema, bytes_of(word.data, before));
	if (!e)
		return NULL;
	return entity_field(e, bytes_of(dot + 1, word.len - before - 1));
}

static enum err read_fields(struct parse *p, void *target)
{
	struct grant_rule *g = target;
	uint32_t count = read_map(&p->reader);
	struct override *list;

	if (p->reader.err != ERR_OK || !count)
		return ERR_OK;
	list = arena_array(p->arena, count, sizeof(*list));
	if (!list)
		return ERR_TOO_LARGE;
	g->fields = list;
	for (uint32_t i = 0; i < count; i++) {
		struct bytes word = read_text(&p->reader);
		enum err e = check_reader(p, "fields");

		if (e != ERR_OK)
			return e;
		list[i].field = dotted_field(p->schema, word);
		if (!list[i].field)
			return refuse(p, "unknown field", word);
		for (uint32_t k = 0; k < i; k++) {
			if (list[k].field == list[i].field)
				return refuse(p, "given twice", word);
		}
		e = read_level(p, &list[i].bits);
		if (e != ERR_OK)
			return e;
		g->field_count++;
	}
	return ERR_OK;
}

static enum err read_grant_rights(struct parse *p, void *target)
{
	struct grant_rule *g = target;

	return read_rights(p, &g->rights);
}

static const struct member grant_members[] = {
	{ "on", read_on },
	{ "entities", read_entities },
	{ "levels", read_levels },
	{ "fields", read_fields },
	{ "rights", read_grant_rights },
	{ NULL, NULL },
};

/* What can only be said when all of the grant is known. */
static enum err check_grant(struct parse *p, const struct grant_rule *g)
{
	if (!g->relation)
		return refuse(p, "a grant without", bytes_text("on"));
	for (unsigned i = 0; i < g->field_count; i++) {
		const struct field *f = g->fields[i].field;

		if (!grant_covers(g, f->entity))
			return refuse(p, "a field outside the grant's entities",
			    bytes_text(f->key));
	}
	return ERR_OK;
}

/* --- a role --------------------------------------------------------------*/

static enum err read_label(struct parse *p, void *target)
{
	struct policy *policy = target;
	uint32_t count = read_array(&p->reader);
	const char **to[] = { &policy->role.label.zh, &policy->role.label.en };

	if (p->reader.err == ERR_OK && count != 2)
		return refuse(p, "wants two texts", bytes_text("label"));
	for (uint32_t i = 0; i < count; i++) {
		*to[i] = arena_text(p->arena, read_text(&p->reader));
		if (!*to[i])
			return ERR_TOO_LARGE;
	}
	return ERR_OK;
}

static enum err read_role_rights(struct parse *p, void *target)
{
	struct policy *policy = target;

	return read_rights(p, &policy->role.rights);
}

/* How many of a kind a day; kinds left out are unlimited. */
static enum err read_quota(struct parse *p, void *target)
{
	struct policy *policy = target;
	uint32_t count = read_map(&p->reader);
	bool seen[QUOTA_KINDS] = { false };

	for (uint32_t i = 0; i < count; i++) {
		struct bytes word = read_text(&p->reader);
		int kind = quota_parse(word);
		int64_t most = read_int(&p->reader);
		enum err e = check_reader(p, "quota");

		if (e != ERR_OK)
			return e;
		if (kind < 0)
			return refuse(p, "unknown quota", word);
		if (seen[kind])
			return refuse(p, "given twice", word);
		if (most < 0)
			return refuse(p, "a quota below nothing", word);
		seen[kind] = true;
		policy->role.quota[kind] = (uint64_t)most;
	}
	return ERR_OK;
}

static enum err read_grants(struct parse *p, void *target)
{
	struct policy *policy = target;
	uint32_t count = read_array(&p->reader);
	struct grant_rule *list;

	if (p->reader.err != ERR_OK || !count)
		return ERR_OK;
	if (count > GRANTS_MOST)
		return refuse(p, "too many", bytes_text("grants"));
	list = arena_array(p->arena, count, sizeof(*list));
	if (!list)
		return ERR_TOO_LARGE;
	policy->grants = list;
	policy->grant_count = count;
	for (uint32_t i = 0; i < count; i++) {
		enum err e;

		list[i].everywhere = true;
		list[i].since = policy->since;
		e = read_members(p, grant_members, &list[i]);
		if (e == ERR_OK)
			e = check_grant(p, &list[i]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static uint64_t class_bit(const struct schema *s, struct bytes word)
{
	int at = schema_class(s, word);

	return at < 0 || at >= SCHEMA_CLASSES ? 0 : UINT64_C(1) << at;
}

static enum err read_deny(struct parse *p, void *target)
{
	struct policy *policy = target;

	return read_set(p, "deny", "unknown class", class_bit, &policy->deny);
}

static uint64_t waiting_bit(const struct schema *s, struct bytes word)
{
	const struct entity *e = schema_entity(s, word);

	return e && e->approval_field ? UINT64_C(1) << e->id : 0;
}

/* Entities whose new records wait for approval. */
static enum err read_approval(struct parse *p, void *target)
{
	struct policy *policy = target;

	return read_set(p, "approval", "nothing of that kind waits",
	    waiting_bit, &policy->waits);
}

static enum err read_otp(struct parse *p, void *target)
{
	struct policy *policy = target;
	struct bytes word = read_text(&p->reader);

	if (p->reader.err != ERR_OK)
		return ERR_OK;
	policy->role.demands_otp = bytes_is(word, "required");
	return policy->role.demands_otp || bytes_is(word, "optional")
		   ? ERR_OK
		   : refuse(p, "required or optional, not", word);
}

/* Set by role.apply: a class means the fields that it had then.  The grants
 * must know it, wherever it stands: find_since() has read it. */
static enum err read_since(struct parse *p, void *target)
{
	(void)target;
	read_skip(&p->reader);
	return ERR_OK;
}

static enum err find_since(struct parse *p, struct policy *policy)
{
	struct reader ahead = p->reader;
	struct bytes packed = unpack_lookup(read_raw(&ahead), "since");
	struct reader in = reader_of(packed);
	int64_t since = packed.len ? read_int(&in) : 0;

	if (in.err != ERR_OK || since < 0 || since > UINT16_MAX)
		return refuse(p, "not of the right form", bytes_text("since"));
	policy->since = (uint16_t)since;
	return ERR_OK;
}

static const struct member role_members[] = {
	{ "label", read_label },
	{ "rights", read_role_rights },
	{ "grants", read_grants },
	{ "deny", read_deny },
	{ "approval", read_approval },
	{ "since", read_since },
	{ "quota", read_quota },
	{ "otp", read_otp },
	{ NULL, NULL },
};

/* Role keys are words of a name: they stand in log entries side by side. */
static bool is_role_key(struct bytes key)
{
	if (!key.len || key.len > 40)
		return false;
	for (size_t i = 0; i < key.len; i++) {
		uint8_t c = key.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-')
			return false;
	}
	return true;
}

static enum err read_role(struct parse *p, struct policy *list, uint32_t at)
{
	struct policy *policy = &list[at];
	enum err e;

	p->role = read_text(&p->reader);
	e = check_reader(p, "a role's key");
	if (e != ERR_OK)
		return e;
	if (!is_role_key(p->role))
		return refuse(p, "not a fit name", p->role);
	for (uint32_t i = 0; i < at; i++) {
		if (bytes_is(p->role, list[i].role.key))
			return refuse(p, "given twice", p->role);
	}
	policy->role.key = arena_text(p->arena, p->role);
	policy->role.label = (struct label){ "", "" };
	for (unsigned kind = 0; kind < QUOTA_KINDS; kind++)
		policy->role.quota[kind] = QUOTA_NONE;
	if (!policy->role.key)
		return ERR_TOO_LARGE;
	e = find_since(p, policy);
	return e != ERR_OK ? e : read_members(p, role_members, policy);
}

enum err policies_parse(struct bytes document, const struct schema *schema,
    struct arena *a, struct policies *out, char *message, size_t message_size)
{
	struct bytes packed = unpack_lookup(document, "roles");
	struct parse p = { .schema = schema,
		.arena = a,
		.reader = reader_of(packed),
		.role = bytes_text("-"),
		.message = message,
		.message_size = message_size };
	struct policy *list;
	uint32_t count;

	if (message_size)
		message[0] = '\0';
	if (!packed.data)
		return refuse(&p, "the document lacks", bytes_text("roles"));
	count = read_map(&p.reader);
	if (p.reader.err != ERR_OK || count > ROLES_MOST)
		return refuse(
		    &p, "not a map of at most 64", bytes_text("roles"));
	list = arena_array(a, count ? count : 1, sizeof(*list));
	if (!list)
		return ERR_TOO_LARGE;
	for (uint32_t i = 0; i < count; i++) {
		enum err e = read_role(&p, list, i);

		if (e != ERR_OK)
			return e;
	}
	*out = (struct policies){ list, count };
	return ERR_OK;
}

/* What a check wants of all roles; NULL: nothing more. */
typedef const char *(*fault_fn)(const struct policies *roles);

static enum err check(struct bytes document, const struct schema *schema,
    fault_fn fault, char *message, size_t message_size)
{
	struct policies policies;
	struct arena arena;
	const char *why = NULL;
	enum err e;

	arena_init(&arena, 16 * 1024, 4 * 1024 * 1024);
	e = policies_parse(
	    document, schema, &arena, &policies, message, message_size);
	if (!e && fault)
		why = fault(&policies);
	if (why)
		snprintf(message, message_size, "%s", why);
	arena_release(&arena);
	return why ? ERR_INVALID : e;
}

enum err roles_check(struct bytes document, const struct schema *schema,
    char *message, size_t message_size)
{
	return check(document, schema, NULL, message, message_size);
}

static const char *first_fault(const struct policies *roles)
{
	const struct policy *admin = policy_find(roles, bytes_text("admin"));
	const struct policy *system = policy_find(roles, bytes_text("system"));
	unsigned needed = RIGHT_USERS | RIGHT_ROLES;

	if (!admin || !system)
		return "roles: the first account has admin and system, and one "
		       "of them is missing";
	if (needed & ~(admin->role.rights | system->role.rights))
		return "roles: neither admin nor system has the rights users "
		       "and roles";
	return NULL;
}

enum err roles_check_first(struct bytes document, const struct schema *schema,
    char *message, size_t message_size)
{
	return check(document, schema, first_fault, message, message_size);
}

/* --- asking --------------------------------------------------------------*/

const struct policy *policy_find(const struct policies *roles, struct bytes key)
{
	for (unsigned i = 0; i < roles->count; i++) {
		if (bytes_is(key, roles->of[i].role.key))
			return &roles->of[i];
	}
	return NULL;
}

bool grant_covers(const struct grant_rule *g, const struct entity *e)
{
	return g->everywhere || (g->entities >> e->id & 1);
}

static unsigned stated_bits(const struct grant_rule *g, const struct field *f,
    bool variant, bool *by_field)
{
	*by_field = false;
	if (f->since > g->since)
		return 0;
	for (unsigned i = 0; i < g->field_count; i++) {
		*by_field = g->fields[i].field == f;
		if (*by_field)
			return g->fields[i].bits;
	}
	*by_field = false;
	return g->of_class[variant ? f->class_variant : f->class_of];
}

unsigned grant_bits(const struct grant_rule *g, const struct field *f,
    bool variant, bool *by_field)
{
	bool ignored;
	unsigned bits =
	    stated_bits(g, f, variant, by_field ? by_field : &ignored);

	/* A value without a masked form is read by who may see it masked. */
	if (f->mask == MASK_SHOWN && (bits & MAY_SEE_MASKED))
		bits = (bits & ~(unsigned)MAY_SEE_MASKED) | MAY_SEE;
	return bits;
}

bool policy_denies(const struct policy *p, const struct field *f, bool variant)
{
	return p->deny >> (variant ? f->class_variant : f->class_of) & 1;
}

bool entity_is_scoped(const struct entity *e)
{
	for (unsigned depth = 0; e && depth < SCHEMA_ENTITIES; depth++) {
		if (e->scoped || (e->subject && e->subject->scoped))
			return true;
		e = e->parent;
	}
	return false;
}
