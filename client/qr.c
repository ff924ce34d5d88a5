// SPDX-License-Identifier: MIT
/*
 * See qr.h.
 */
#include "client/qr.h"

#include <qrencode.h>

#define MARGIN       4 /* light modules around it, as the standard wants */
#define MARGIN_LEAST 1 /* what readers still find */
#define DRAWING      65536
#define DARK         "\033[40m"
#define LIGHT        "\033[47;107m" /* the brighter one where there is one */
#define PLAIN        "\033[0m\n"

struct drawing {
	const QRcode *code;
	int margin;
	struct buf *out;
};

static bool is_dark(const struct drawing *d, int x, int y)
{
	int size = d->code->width;

	return x >= 0 && y >= 0 && x < size && y < size &&
	       d->code->data[y * size + x] & 1;
}

/* The background is named where it changes. */
static void draw_row(const struct drawing *d, int y)
{
	int end = d->code->width + d->margin;
	bool before = true;

	for (int x = -d->margin; x < end; x++) {
		bool dark = is_dark(d, x, y);

		if (x == -d->margin || dark != before)
			buf_append_text(d->out, dark ? DARK : LIGHT);
		buf_append_text(d->out, "  ");
		before = dark;
	}
	buf_append_text(d->out, PLAIN);
}

static int margin_for(int size, unsigned width)
{
	int room = width ? ((int)width / 2 - size) / 2 : MARGIN;

	return room < MARGIN ? room : MARGIN;
}

enum err qr_draw(const char *text, unsigned width, struct buf *out)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	struct drawing d = { code, 0, out };
	enum err e = ERR_TOO_LARGE;

	if (code)
		d.margin = margin_for(code->width, width);
	if (code && d.margin >= MARGIN_LEAST) {
		for (int y = -d.margin; y < code->width + d.margin; y++)
			draw_row(&d, y);
		e = out->err;
	}
	QRcode_free(code);
	return e;
}

void qr_show(struct app *app, const char *text)
{
	struct buf out;

	if (!app->screen.out_colour)
		return;
	buf_init(&out, DRAWING);
	if (qr_draw(text, app->screen.width, &out) == ERR_OK)
		screen_draw(buf_bytes(&out));
	else
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "The terminal is too narrow for the QR code."));
	buf_release(&out);
}
