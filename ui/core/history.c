#include "ui/core/history.h"

#define HISTORY_LENGTH 200
#define MERGE_US       G_USEC_PER_SEC

struct history {
    GPtrArray *states; // struct document *
    guint at;          // the current one
    unsigned last_tag;
    gint64 last_us;
};

static void state_free(struct document *d)
{
    document_clear(d);
    g_free(d);
}

static struct document *state_new(const struct document *d)
{
    struct document *copy = g_new0(struct document, 1);
    document_copy(d, copy);
    return copy;
}

struct history *history_new(const struct document *first)
{
    struct history *h = g_new0(struct history, 1);
    h->states = g_ptr_array_new_with_free_func((GDestroyNotify)state_free);
    g_ptr_array_add(h->states, state_new(first));
    return h;
}

void history_free(struct history *h)
{
    if (h) {
        g_ptr_array_unref(h->states);
        g_free(h);
    }
}

// A state that equals the one before it would be a step of undo that changes nothing.
static bool is_repeat(const struct history *h, guint i)
{
    return i > 0 && i < h->states->len &&
           document_equal(h->states->pdata[i - 1], h->states->pdata[i]);
}

void history_push(struct history *h, const struct document *d, unsigned tag)
{
    if (document_equal(h->states->pdata[h->at], d)) {
        return;
    }
    const gint64 now = g_get_monotonic_time();
    const bool merge = tag && tag == h->last_tag && now - h->last_us < MERGE_US && h->at > 0 &&
                       h->at == h->states->len - 1;
    h->last_tag = tag;
    h->last_us = now;
    g_ptr_array_set_size(h->states,
                         (gint)(merge ? h->at : h->at + 1)); // forgets what could be redone
    g_ptr_array_add(h->states, state_new(d));
    if (is_repeat(h, h->states->len - 1)) { // typed and taken back
        g_ptr_array_set_size(h->states, (gint)h->states->len - 1);
        h->last_tag = 0;
    }
    if (h->states->len > HISTORY_LENGTH) {
        g_ptr_array_remove_index(h->states, 0);
    }
    h->at = h->states->len - 1;
}

void history_forget_adapter(struct history *h, gint64 id)
{
    for (guint i = 0; i < h->states->len; i++) {
        document_forget_adapter(h->states->pdata[i], id);
    }
    for (guint i = h->states->len; i-- > 1;) {
        if (is_repeat(h, i)) {
            g_ptr_array_remove_index(h->states, i);
            h->at -= h->at >= i;
        }
    }
}

const struct document *history_now(const struct history *h)
{
    return h->states->pdata[h->at];
}

bool history_can_undo(const struct history *h)
{
    return h->at > 0;
}

bool history_can_redo(const struct history *h)
{
    return h->at + 1 < h->states->len;
}

const struct document *history_undo(struct history *h)
{
    h->last_tag = 0;
    return history_can_undo(h) ? h->states->pdata[--h->at] : NULL;
}

const struct document *history_redo(struct history *h)
{
    h->last_tag = 0;
    return history_can_redo(h) ? h->states->pdata[++h->at] : NULL;
}
