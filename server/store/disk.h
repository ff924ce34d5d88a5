// SPDX-License-Identifier: MIT
/*
 * Our own reads, writes and syncs of files beside LMDB's.
 *
 * Each is whole or an error, which is logged here; no space is an answer,
 * ERR_FULL.  After a sync that failed nobody knows what is on the disk: no
 * caller may sync that file again and believe it.
 */
#ifndef SERVER_STORE_DISK_H
#define SERVER_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define DISK_PATH 4096
/* What a disk writes whole, or an older file system. */
#define DISK_BLOCK 4096

/* Logs errno under `what` and translates it. */
enum err disk_errno(const char *what) MUST_USE;

enum err disk_path(
    const char *dir, const char *name, char path[static DISK_PATH]) MUST_USE;
/* 0600; ERR_NOT_FOUND without it unless `create`. */
enum err disk_open(
    const char *dir, const char *name, bool create, int *fd) MUST_USE;
/* No file is fine. */
enum err disk_remove(const char *dir, const char *name) MUST_USE;
/* A file's name is as durable as its directory. */
enum err disk_sync_directory(const char *dir) MUST_USE;

/* ERR_NOT_FOUND if the file ends before. */
enum err disk_read(
    int fd, void *data, size_t len, uint64_t at, const char *what) MUST_USE;
enum err disk_write(int fd, const void *data, size_t len, uint64_t at,
    const char *what) MUST_USE;
enum err disk_sync(int fd, const char *what) MUST_USE;
uint64_t disk_size(int fd);

/* Zeros from *written up to `goal`, as far as there is room: what is then
 * overwritten costs a sync less than what makes a file grow.  A block at a
 * time: the kernel's cache keeps what one write brings as one piece, and looks
 * at every block of it for each that is written or synced later. */
void disk_write_zeros(int fd, uint64_t *written, uint64_t goal);

#endif
