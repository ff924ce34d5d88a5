// SPDX-License-Identifier: MIT
/*
 * The default schema file, embedded as it stands in the tree, so that the
 * program needs no file beside it and what a reader sees is what is used.
 */
#include "server/schema/schema.h"

__asm__(".section .rodata\n"
	".global schema_default_start\n"
	".global schema_default_end\n"
	"schema_default_start:\n"
	".incbin \"server/schema/default.yaml\"\n"
	"schema_default_end:\n"
	".byte 0\n"
	".previous\n");

extern const uint8_t schema_default_start[];
extern const uint8_t schema_default_end[];

struct bytes document_default(void)
{
	return bytes_of(schema_default_start,
	    (size_t)(schema_default_end - schema_default_start));
}
