#include "ui/core/result.h"

struct result *result_new(const struct document *d, GArray *adapters, struct edit_result *edit,
                          GBytes *pixels)
{
    struct result *r = g_new0(struct result, 1);
    g_atomic_ref_count_init(&r->references);
    document_copy(d, &r->document);
    r->adapters = g_array_ref(adapters);
    r->edit = edit;
    r->pixels = pixels;
    return r;
}

struct result *result_ref(struct result *r)
{
    g_atomic_ref_count_inc(&r->references);
    return r;
}

void result_unref(struct result *r)
{
    if (r && g_atomic_ref_count_dec(&r->references)) {
        document_clear(&r->document);
        g_array_unref(r->adapters);
        edit_result_free(r->edit);
        g_bytes_unref(r->pixels);
        g_free(r);
    }
}
