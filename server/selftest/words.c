// SPDX-License-Identifier: MIT
/*
 * The self-test's sentences.
 */
#include "server/selftest/words.h"

/* clang-format off */
static const char *const words[WORD_COUNT][2] = {
	[WORD_INTRO]     = { "Two books that differ in what a role may not know; seed %llu.\n",
	                     "两本账只在某角色不可知之处不同；种子 %llu。\n" },
	[WORD_ALIKE]     = { "%-10s %-10s %7u pairs, %6u answered with a result: alike\n",
	                     "%-10s %-10s %7u 对请求，%6u 对有结果：完全相同\n" },
	[WORD_DIFFERENT] = { "DIFFERENT  role %s, mode %s, seed %llu, pair %u\n",
	                     "不同  角色 %s，状态 %s，种子 %llu，第 %u 对\n" },
	[WORD_REQUEST]   = { "  request  ", "  请求  " },
	[WORD_BOOK]      = { "  book %c   ", "  账 %c  " },
	[WORD_AGAIN]     = { "  again    kehud selftest rights --role %s --mode %s --seed %llu --pairs %u",
	                     "  重现  kehud selftest rights --role %s --mode %s --seed %llu --pairs %u" },
	[WORD_HELD]      = { "%llu pairs: no answer differs.\n",
	                     "共 %llu 对请求：没有不同的回答。\n" },
	[WORD_FAILED]    = { "%u of the runs FAILED: something is told that should be hidden.\n",
	                     "%u 轮未通过：泄露了不应知道的内容。\n" },
	[WORD_NO_ROLE]   = { "kehud selftest: there is no role %s\n",
	                     "kehud selftest：没有角色 %s\n" },
	[WORD_NO_MODE]   = { "kehud selftest: there is no mode %s\n",
	                     "kehud selftest：没有状态 %s\n" },
	[WORD_NO_FOLDER] = { "kehud selftest: no folder can be made in %s\n",
	                     "kehud selftest：无法在 %s 中建目录\n" },
	[WORD_NO_BOOK]   = { "kehud selftest: the two books cannot be made for role %s\n",
	                     "kehud selftest：无法为角色 %s 建两本账\n" },
	[WORD_BLIND]     = { "%-10s %-10s FAILED: hardly anything was answered with a result\n",
	                     "%-10s %-10s 未通过：几乎没有得到结果的请求\n" },
};

static const struct {
	const char *key;
	const char *names[2];
} modes[MODE_COUNT] = {
	[MODE_NORMAL]    = { "normal",    { "normal", "正常" } },
	[MODE_FULL]      = { "full",      { "disk full", "磁盘已满" } },
	[MODE_READ_ONLY] = { "read-only", { "read-only", "只读" } },
	[MODE_DRAINING]  = { "draining",  { "draining", "停机中" } },
	[MODE_STALLED]   = { "stalled",   { "log stalled", "日志停写" } },
};
/* clang-format on */

const char *word_of(enum word w, bool chinese)
{
	return words[w][chinese];
}

const char *mode_key(enum mode m)
{
	return modes[m].key;
}

const char *mode_name(enum mode m, bool chinese)
{
	return modes[m].names[chinese];
}
