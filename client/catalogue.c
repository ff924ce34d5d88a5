// SPDX-License-Identifier: MIT
/*
 * Embeds the compiled catalogue; the build directory is on the include path,
 * so the assembler finds client/po/zh_CN.mo there.
 */
#include "client/catalogue.h"

__asm__(".section .rodata\n"
	".balign 8\n"
	"catalogue_zh_cn:\n"
	".incbin \"client/po/zh_CN.mo\"\n"
	"catalogue_zh_cn_end:\n"
	".byte 0\n"
	".previous\n");

extern const uint8_t catalogue_zh_cn[] __attribute__((visibility("hidden")));
extern const uint8_t catalogue_zh_cn_end[]
    __attribute__((visibility("hidden")));

struct bytes catalogue_chinese(void)
{
	return bytes_of(
	    catalogue_zh_cn, (size_t)(catalogue_zh_cn_end - catalogue_zh_cn));
}
