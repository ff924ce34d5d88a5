// SPDX-License-Identifier: MIT
/*
 * schema.get and its cache; see fetch.h.
 */
#include "client/fetch.h"

#include "client/call.h"

enum err fetch_schema(struct app *app)
{
	struct request r;
	struct bytes packed;

	if (app->schema)
		return ERR_OK;
	request_begin(&r, "schema.get", CALL_READ);
	enum err e = call(app, &r, &app->arena, &packed);
	if (e != ERR_OK)
		return e;
	app->schema = schema_parse(&app->arena, packed);
	/* A cache that cannot be written costs completion only. */
	e = file_keep(&app->arena,
	    profile_path(&app->profile, &app->arena, KEEPING_SCHEMA), packed);
	return e == ERR_OK ? e : ERR_OK;
}
