// Undo: a list of documents and a place in it.
#pragma once

#include "ui/core/document.h"

struct history;
struct history *history_new(const struct document *first);
void history_free(struct history *h);
// Adds the state after a change. Changes with the same non-zero tag within a second replace each
// other.
void history_push(struct history *h, const struct document *d, unsigned tag);
const struct document *history_now(const struct history *h);
const struct document *history_undo(struct history *h); // NULL: nothing before
const struct document *history_redo(struct history *h);
void history_forget_adapter(struct history *h, gint64 id); // as if it had never been in the list
bool history_can_undo(const struct history *h);
bool history_can_redo(const struct history *h);
