// SPDX-License-Identifier: MIT
/*
 * The drawing is the code: read back from its spaces, module by module.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <qrencode.h>

#include "client/qr.h"

#define URI                                                                    \
	"otpauth://totp/wang.min?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"      \
	"&issuer=Kehu"
#define ENROLMENT "KEHU:BOOK01.EXAMPLE.CN:5348/3F9A1C77/7QK42MZD9XRT7QK42MZD"
#define SIDE      120

struct picture {
	unsigned rows, columns; /* in modules */
	bool dark[SIDE][SIDE];
};

/* Understands backgrounds, spaces and line feeds, and nothing else. */
static void read_back(struct bytes text, struct picture *p)
{
	bool dark = false, coloured = false;
	unsigned x = 0;

	*p = (struct picture){ 0 };
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\033') {
			coloured = text.data[i + 2] != '0';
			dark = text.data[i + 3] == '0';
			while (text.data[i] != 'm')
				i++;
		} else if (text.data[i] == '\n') {
			assert_false(coloured);
			assert_int_equal(x % 2, 0);
			p->columns = x / 2;
			p->rows++;
			x = 0;
		} else {
			assert_true(coloured && text.data[i] == ' ');
			p->dark[p->rows][x++ / 2] = dark;
		}
	}
}

static void check(const char *text, unsigned width)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	unsigned size = (unsigned)code->width, margin;
	struct picture p;
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(qr_draw(text, width, &out), ERR_OK);
	read_back(buf_bytes(&out), &p);
	margin = (p.rows - size) / 2;
	assert_int_equal(p.columns, p.rows);
	assert_true(margin >= 1 && margin <= 4);
	assert_true(!width || p.columns * 2 <= width);
	for (unsigned y = 0; y < p.rows; y++) {
		for (unsigned x = 0; x < p.columns; x++) {
			bool inside = x >= margin && y >= margin &&
				      x < margin + size && y < margin + size;
			bool dark =
			    inside &&
			    code->data[(y - margin) * size + x - margin] & 1;

			assert_int_equal(p.dark[y][x], dark);
		}
	}
	QRcode_free(code);
	buf_release(&out);
}

static void test_drawing_is_the_code(void **state)
{
	(void)state;
	check(URI, 0);
	check(URI, 200);
	check(ENROLMENT, 0);
}

static void test_codes_fit_eighty_columns(void **state)
{
	(void)state;
	check(URI, 80);
	check(ENROLMENT, 80);
}

static void test_narrow_terminal_gets_none(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_int_equal(qr_draw(URI, 60, &out), ERR_TOO_LARGE);
	assert_int_equal(buf_bytes(&out).len, 0);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drawing_is_the_code),
		cmocka_unit_test(test_codes_fit_eighty_columns),
		cmocka_unit_test(test_narrow_terminal_gets_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
