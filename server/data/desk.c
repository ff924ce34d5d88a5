// SPDX-License-Identifier: MIT
/*
 * See desk.h.  A desk is opened and closed by who owns the thread.
 */
#include "server/data/desk.h"

enum err desk_look(struct desk *d)
{
	sealer_catch_up(d->sealer);
	return snapshot_renew(d->snapshot);
}

enum err desk_refresh(struct desk *d)
{
	enum err err = desk_look(d);

	if (!err)
		err = directory_refresh(d->directory, d->snapshot, d->sealer);
	if (err || directory_position(d->directory) == d->position)
		return err;
	d->position = directory_position(d->directory);
	sealer_renew(d->sealer); /* it may have been a key that went */
	return ERR_OK;
}

enum err desk_may_go_on(struct desk *d)
{
	uint64_t now_ns;

	if (!d->leave.ask)
		return ERR_OK;
	now_ns = clock_monotonic_ns();
	if (now_ns < d->leave.next_ns)
		return ERR_OK;
	d->leave.next_ns = now_ns + LEAVE_EVERY_NS;
	return d->leave.ask(d->leave.ctx);
}

static int32_t zone_of(const struct desk *d)
{
	return directory_schema(d->directory)->zone_ms;
}

int32_t desk_day(const struct desk *d, int64_t ms)
{
	return day_at(ms, zone_of(d));
}

int32_t desk_today(const struct desk *d)
{
	return desk_day(d, clock_now_ms(d->clock));
}

int64_t desk_day_begins(const struct desk *d, int32_t day)
{
	return day_begins(day, zone_of(d));
}
