// SPDX-License-Identifier: MIT
/*
 * The one place where text becomes HTML.
 *
 * What comes from a record, a label or the asker goes through html_text();
 * html_format() and the tags of html_element() are for words of ours.
 */
#ifndef CLIENT_HTML_H
#define CLIENT_HTML_H

#include "common/buf.h"

/* Escaped for content and attributes. */
void html_text(struct buf *out, struct bytes text);
/* As it is. */
void html_format(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The text, escaped, between two tags. */
void html_element(
    struct buf *out, const char *open, struct bytes text, const char *close);

#endif
