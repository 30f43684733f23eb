// Low-rank updates in files: what the dialects that hold them share.
#include "compute/adapter/dialect/low_rank.h"

#include "compute/adapter/private.h"

#include <string.h>

bool low_rank_detect(const struct adapter_source *s, const struct low_rank_names *d)
{
    return adapter_source_has(s, d->prefix, d->down);
}

static const struct st_tensor *find_tensor(const struct st_file *file,
                                           const struct low_rank_names *d, const char *path,
                                           const char *suffix)
{
    g_autofree char *name = g_strconcat(d->prefix, path, suffix, NULL);
    if (d->flat) {
        g_strdelimit(name + strlen(d->prefix), ".", '_');
        memcpy(name + strlen(name) - strlen(suffix), suffix, strlen(suffix));
    }
    return st_find(file, name);
}

// alpha / rank is multiplied into B, so that strength 1 means what it means elsewhere.
static bool read_layer(struct adapter *a, const struct nn_part *part, struct nn_weight *w,
                       const struct st_tensor *down, const struct st_tensor *up,
                       const struct st_tensor *alpha, GError **error)
{
    const int rank = (int)MIN(down->shape[0], G_MAXUINT16);
    float scale = 1;
    struct adapter_param *p = lora_add(a, part, w, rank);
    float *b = p->value + rank * lora_inputs(w);
    if (!st_read_f32(down, p->value, true, error) || !st_read_f32(up, b, true, error) ||
        (alpha && !st_read_f32(alpha, &scale, true, error))) {
        return false;
    }
    for (int i = 0; alpha && i < rank * lora_outputs(w); i++) {
        b[i] *= scale / (float)rank;
    }
    return true;
}

static bool fits(const struct nn_weight *w, const struct st_tensor *down,
                 const struct st_tensor *up, const struct st_tensor *alpha)
{
    return target_is_matrix(w) && down && up && down->rank >= 2 && up->rank >= 2 &&
           down->shape[0] > 0 && down->shape[0] <= MIN(lora_inputs(w), lora_outputs(w)) &&
           down->count == down->shape[0] * lora_inputs(w) &&
           up->count == down->shape[0] * lora_outputs(w) && (!alpha || alpha->count == 1);
}

static bool read_weight(struct adapter *a, const struct st_file *file,
                        const struct low_rank_names *d, const struct nn_part *part,
                        struct nn_weight *w, GHashTable *used, GError **error)
{
    g_autofree char *path = g_strndup(w->name, strlen(w->name) - strlen(".weight"));
    const struct st_tensor *down = find_tensor(file, d, path, d->down),
                           *up = find_tensor(file, d, path, d->up),
                           *alpha = find_tensor(file, d, path, ".alpha");
    if (!fits(w, down, up, alpha) || adapter_param_of(a, w)) {
        return true;
    }
    g_hash_table_add(used, (gpointer)down);
    g_hash_table_add(used, (gpointer)up);
    g_hash_table_add(used, (gpointer)alpha);
    return read_layer(a, part, w, down, up, alpha, error);
}

// Goes through the layers, not the names: flattened names cannot be turned back into paths.
static bool read_file(struct adapter *a, const struct st_file *file, const struct low_rank_names *d,
                      GError **error)
{
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < unet->weights->len; i++) {
        struct nn_weight *w = unet->weights->pdata[i];
        if (g_str_has_suffix(w->name, ".weight") &&
            !read_weight(a, file, d, unet, w, used, error)) {
            return false;
        }
    }
    for (guint i = 0; i < file->tensors->len; i++) {
        const struct st_tensor *t = file->tensors->pdata[i];
        if (!g_hash_table_contains(used, t)) {
            adapter_unmatched(a, t->name);
        }
    }
    return true;
}

struct adapter *low_rank_read(const struct adapter_source *s, const struct low_rank_names *d,
                              struct model *model, GError **error)
{
    struct adapter *a = adapter_begin(s, "lora", model);
    for (guint i = 0; i < s->files->len; i++) {
        if (!read_file(a, s->files->pdata[i], d, error)) {
            adapter_free(a);
            return NULL;
        }
    }
    return a;
}
