// Hint networks from files.
#include "compute/model/hint_net.h"

#include "compute/model/load.h"

#include <string.h>

// ---- the hint encoder's names -------------------------------------------------------------------

static bool find_prefixed(const void *data, const struct nn_part *part, const struct st_file *file,
                          const char *name, struct st_tensor *t)
{
    g_autofree char *full = g_strconcat(HINT_ENCODER_PREFIX, name, NULL);
    const struct st_tensor *found = st_find(file, full);
    if (found) {
        *t = *found;
    }
    return found != NULL;
}

static const char *member_prefixed(const void *data, const struct nn_part *part, const char *name)
{
    const size_t length = strlen(HINT_ENCODER_PREFIX);
    return g_str_has_prefix(name, HINT_ENCODER_PREFIX) ? name + length : NULL;
}

static const struct weight_names encoder_names = {find_prefixed, member_prefixed, NULL};

// ---- what a file is -----------------------------------------------------------------------------

#define ENCODER_MARK HINT_ENCODER_PREFIX "conv_in.weight"

bool hint_net_is(const char *path)
{
    struct st_file *f = st_open(path, NULL);
    const bool is = f && st_find(f, ENCODER_MARK);
    st_free(f);
    return is;
}

static bool has_others(const struct st_file *f)
{
    for (guint i = 0; i < f->tensors->len; i++) {
        if (!g_str_has_prefix(((const struct st_tensor *)f->tensors->pdata[i])->name,
                              HINT_ENCODER_PREFIX)) {
            return true;
        }
    }
    return false;
}

static void take_metadata(struct hint_net *net, const struct st_file *f)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, f->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_hash_table_replace(net->metadata, g_strdup(key), g_strdup(value));
    }
}

// ---- loading ------------------------------------------------------------------------------------

static bool load(struct hint_net *net, const struct weights *w, struct model *model,
                 struct task *task, GError **error)
{
    g_autoptr(GString) report = g_string_new(NULL), notes = g_string_new(NULL);
    weights_check(w, report, notes);
    if (report->len) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH, "%s, a %s, does not fit %s: %s",
                    net->name, net->kind->title, model->name, report->str);
        return false;
    }
    struct load_progress progress = {.total = weights_bytes(net->part)};
    return weights_check_memory(model->gpu, net->name, progress.total, error) &&
           weights_load(w, model->gpu, &progress, task, error);
}

static bool open_encoder(struct hint_net *net, const struct st_file *f, struct model *model)
{
    if (!st_find(f, ENCODER_MARK)) {
        return false;
    }
    net->kind = &hint_encoder_kind;
    net->stack = hint_encoder_stack(model);
    net->part = hint_encoder_part(model);
    net->has_adapter = has_others(f);
    return true;
}

static struct weights *open_file(struct hint_net *net, const char *path, struct model *model,
                                 GError **error)
{
    struct st_file *f = st_open(path, error);
    if (!f) {
        return NULL;
    }
    take_metadata(net, f);
    struct weights *w = NULL;
    if (open_encoder(net, f, model)) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new();
        g_ptr_array_add(paths, (char *)path);
        w = weights_open_files(paths, net->part, &encoder_names, error);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "%s holds no hint encoder: train --control makes one", path);
    }
    st_free(f);
    return w;
}

struct hint_net *hint_net_load(const char *path, struct model *model, struct task *task,
                               GError **error)
{
    static unsigned loads;
    struct hint_net *net = g_new0(struct hint_net, 1);
    net->name = st_name(path);
    net->serial = ++loads;
    net->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    struct weights *w = open_file(net, path, model, error);
    const bool ok = w && load(net, w, model, task, error);
    weights_free(w);
    if (!ok) {
        g_clear_pointer(&net, hint_net_free);
    }
    return net;
}

void hint_net_free(struct hint_net *net)
{
    if (net) {
        nn_part_free(net->part);
        g_hash_table_unref(net->metadata);
        g_free(net->name);
        g_free(net);
    }
}
