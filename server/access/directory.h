// SPDX-License-Identifier: MIT
/*
 * Who there is and what he may: schema, roles, accounts, compiled views.
 *
 * Each thread has its own directory, loaded from its own snapshot; nothing is
 * shared and nothing locked.  directory_refresh() looks at one META row and
 * loads anew when an administrator's change moved it, so a revoked right is
 * gone with the next request.  Whoever changes schema, roles or accounts puts
 * directory_touch() into the same plan.
 *
 * Accounts are sealed under the system key.  A login name is canonical
 * (trimmed, NFKC, lower case) before anything looks at it; afterwards only
 * the account's id counts.
 */
#ifndef SERVER_ACCESS_DIRECTORY_H
#define SERVER_ACCESS_DIRECTORY_H

#include "server/access/binding.h"
#include "server/access/login_name.h"
#include "server/access/people.h"
#include "server/access/view.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

struct directory;
struct glasses; /* glass.h */

struct directory *directory_new(void);
void directory_free(struct directory *d);

/* Loads, or does nothing when nothing moved.  Everything handed out before is
 * gone after a call that loaded.  ERR_CORRUPT, ERR_UNVERIFIED. */
enum err directory_refresh(
    struct directory *d, struct snapshot *n, struct sealer *s) MUST_USE;

/* Does what was loaded still hold in a fresher snapshot, as far as it concerns
 * `who`?  Loads nothing.  ERR_UNAUTHENTICATED when his sessions have ended,
 * ERR_BUSY when schema or roles are others now. */
enum err directory_recheck(const struct directory *d, struct snapshot *n,
    struct sealer *s, const struct account *who, struct arena *a) MUST_USE;
/* Likewise of who works for nobody: ERR_BUSY when schema, roles or rules are
 * others now. */
enum err directory_recheck_schema(
    const struct directory *d, struct snapshot *n) MUST_USE;
/* Likewise of those that live by a break-glass: ERR_BUSY when the list of them
 * is another. */
enum err directory_recheck_glasses(
    const struct directory *d, struct snapshot *n) MUST_USE;

const struct schema *directory_schema(const struct directory *d);
const struct account *directory_account(
    const struct directory *d, struct bytes canonical_login);
const struct account *directory_account_by_id(
    const struct directory *d, uint64_t id);
/* "" when no account has this id. */
const char *directory_login(const struct directory *d, uint64_t id);
const struct role *directory_role(const struct directory *d, struct bytes key);

/* In order of login; for user.list. */
size_t directory_account_count(const struct directory *d);
const struct account *directory_account_at(
    const struct directory *d, size_t at);
/* Of the branches. */
const struct bindings *directory_bindings(const struct directory *d);
size_t directory_role_count(const struct directory *d);
const struct role *directory_role_at(const struct directory *d, size_t at);

/* --- sets of roles: a bit each, in the order of directory_role_at() -------*/

/* They mean nothing to another directory, nor after one has loaded anew.
 * 0: no role has this key. */
uint64_t directory_role_bit(const struct directory *d, struct bytes key);
/* The view of any set: larger or smaller than some account's, or empty.
 * Compiled when first asked for, kept until the directory loads anew. */
enum err directory_view(
    struct directory *d, uint64_t roles, const struct view **out) MUST_USE;
/* Less what any role of `bound` denies besides. */
enum err directory_view_bound(struct directory *d, uint64_t roles,
    uint64_t bound, const struct view **out) MUST_USE;

/* For which operations two persons are wanted: a bit each (policy.h). */
unsigned directory_two_person(const struct directory *d);

/* Break-glass, also those whose time is over; in order of id. */
const struct glasses *directory_glasses(const struct directory *d);

/* --- changing (into a plan with a draft; the caller submits it) ----------*/

/* Makes every directory load anew; the functions below do it themselves. */
void directory_touch(struct plan *p);
/* The packed document, under a MAC: who writes the file cannot write roles.
 * `d` NULL: expects the store to hold none, for init; else expects what was
 * loaded. */
/* The log position of what it last loaded: moves whenever anything of schema,
 * roles, accounts or keys did. */
uint64_t directory_position(const struct directory *d);

enum err directory_plan_schema(struct plan *p, const struct directory *d,
    struct sealer *s, struct bytes document, uint32_t version) MUST_USE;
/* Writes the account whole; `before` NULL: a new one, expects absent, else
 * expects the row as it was loaded.  Sets the stamp; one that was raised ends
 * sessions that nothing else of the change would end.  `d` may be NULL for the
 * first account of a new store.  The login name never changes. */
enum err directory_plan_account(struct plan *p, const struct directory *d,
    struct sealer *s, const struct account *before,
    const struct account *after) MUST_USE;
/* The operations of access/policy.h for which two persons are wanted. */
enum err directory_plan_two_person(struct plan *p, const struct directory *d,
    struct sealer *s, unsigned set) MUST_USE;
enum err directory_plan_glasses(struct plan *p, const struct directory *d,
    struct sealer *s, const struct glasses *all) MUST_USE;
/* An id that no account had. */
uint64_t directory_new_id(const struct directory *d);

/* What would be, were `document` applied: a directory of its own over today's
 * accounts, for asking.  Borrows from `d`; the caller frees it before `d` is
 * refreshed.  ERR_INVALID with a message that names what is wrong. */
enum err directory_try(const struct directory *d, struct bytes document,
    uint32_t version, struct directory **out, char *message,
    size_t message_size) MUST_USE;

/* The explanation of one field's level, for user.effective, appended as
 * { class, levels: {relation: level}, grants: [[role, relation, level,
 * "class" or "field", line of the role's grants]], denies: [role] }; where a
 * variant's class differs the same again as variant_class, variant_levels,
 * variant_grants, variant_denies. */
void directory_explain(const struct directory *d, uint64_t roles,
    const struct view *view, const struct field *f, struct buf *out);

#endif
