// SPDX-License-Identifier: MIT
/*
 * Feeds files to a fuzz target without a fuzzer: `make check`'s driver.
 *
 * Each argument is a file, or a directory whose files are all fed (not those
 * of directories inside).  Each input lies in memory of exactly its size, so
 * that the address sanitizer sees a step past its end.  A target that finds
 * a fault aborts; the last line then names the file.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Targets that need a world of their own have one, as under libFuzzer. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void feed_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1);

	if (!file || !data || fread(data, 1, size, file) != size)
		give_up(path);
	(void)fclose(file);
	(void)printf("%s\n", path);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static unsigned feed(const char *path, int depth);

static unsigned feed_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	unsigned fed = 0;

	if (!directory)
		give_up(path);
	while ((entry = readdir(directory))) {
		char *inside;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&inside, "%s/%s", path, entry->d_name) < 0)
			give_up(path);
		fed += feed(inside, 1);
		free(inside);
	}
	(void)closedir(directory);
	return fed;
}

static unsigned feed(const char *path, int depth)
{
	struct stat s;

	if (stat(path, &s) != 0)
		give_up(path);
	if (S_ISDIR(s.st_mode))
		return depth ? 0 : feed_directory(path);
	feed_file(path, (size_t)s.st_size);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned fed = 0;

	if (LLVMFuzzerInitialize)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		fed += feed(argv[i], 0);
	(void)printf("%u inputs replayed\n", fed);
	return fed ? 0 : 1;
}
