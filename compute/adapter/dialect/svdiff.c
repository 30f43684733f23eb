// The files of svdiff-pytorch and of this program (methods 1.8): <path>.delta, one vector a weight.
// The text encoder's shifts lie in a second file of a folder, or among the others in one file.
#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"
#include "compute/i18n.h"

#include <string.h>

#define SUFFIX ".delta"

static bool svdiff_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SUFFIX);
}

// Layers of the text encoder begin with "text_model." here; files of programs that use a version of
// it without leave that out.
static struct nn_weight *find_layer(const struct model *model, const char *path,
                                    const struct nn_part **part)
{
    struct nn_weight *w = adapter_layer(model, path, part);
    if (!w) {
        g_autofree char *longer = g_strconcat("text_model.", path, NULL);
        w = adapter_layer(model, longer, part);
    }
    return w;
}

static bool count_fits(const struct adapter *a, const struct nn_weight *w, int64_t count)
{
    const int rank = svdiff_rank(w), limit = settings_int(a->settings, "rank");
    return count == rank || (w->rank == 1 ? count == 1 : limit > 0 && count == MIN(rank, limit));
}

static bool read_tensor(struct adapter *a, const struct st_tensor *t, GError **error)
{
    const struct nn_part *part = NULL;
    struct nn_weight *w = NULL;
    if (g_str_has_suffix(t->name, SUFFIX)) {
        g_autofree char *path = g_strndup(t->name, strlen(t->name) - strlen(SUFFIX));
        w = find_layer(a->model, path, &part);
    }
    if (!w || adapter_param_of(a, w) || !count_fits(a, w, t->count)) {
        adapter_unmatched(a, t->name);
        return true;
    }
    struct adapter_param *p = adapter_add(a, part, w, (int[]){1, 1, 1, (int)t->count});
    return st_read_learned(t, p->value, error);
}

static struct adapter *svdiff_read(const struct adapter_source *s, struct model *model,
                                   GError **error)
{
    struct adapter *a = adapter_begin(s, "svdiff", model);
    for (guint i = 0; i < s->files->len; i++) {
        const struct st_file *file = s->files->pdata[i];
        for (guint k = 0; k < file->tensors->len; k++) {
            if (!read_tensor(a, file->tensors->pdata[k], error)) {
                adapter_free(a);
                return NULL;
            }
        }
    }
    return a;
}

static bool svdiff_holds(const struct adapter *a)
{
    return g_str_equal(a->method->name, "svdiff");
}

static bool is_text(const struct adapter_param *p)
{
    return g_str_equal(p->part, "text_encoder");
}

static void write_param(struct st_writer *w, const struct adapter_param *p)
{
    g_autofree char *name = g_strconcat(p->path, SUFFIX, NULL);
    st_writer_f32(w, name, 1, (int64_t[]){p->count}, p->value);
}

enum { WRITE_UNET = 1, WRITE_TEXT = 2 };

static bool write_file(const struct adapter *a, int parts, const char *path, struct task *task,
                       GError **error)
{
    struct st_writer *w = adapter_writer(a);
    st_writer_meta(w, "tincture.convention", "vector");
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (parts & (is_text(p) ? WRITE_TEXT : WRITE_UNET)) {
            write_param(w, p);
        }
    }
    const bool ok = st_writer_save(w, path, task, error);
    st_writer_free(w);
    return ok;
}

static const char *const svdiff_files[] = {"spectral_shifts.safetensors",
                                           "spectral_shifts_te.safetensors", NULL};

// The second file of an adapter that had shifts of the text encoder must not be read with this
// one's.
static bool svdiff_write(const struct adapter *a, const char *path, struct task *task,
                         GError **error)
{
    if (g_str_has_suffix(path, ".safetensors")) {
        return write_file(a, WRITE_UNET | WRITE_TEXT, path, task, error);
    }
    bool text = false;
    for (guint i = 0; i < a->params->len; i++) {
        text = text || is_text(a->params->pdata[i]);
    }
    g_autofree char *unet_file = g_build_filename(path, svdiff_files[0], NULL);
    g_autofree char *text_file = g_build_filename(path, svdiff_files[1], NULL);
    return write_file(a, WRITE_UNET, unet_file, task, error) &&
           (text ? write_file(a, WRITE_TEXT, text_file, NULL, error)
                 : adapter_remove(text_file, error));
}

extern const struct adapter_dialect svdiff_dialect;
const struct adapter_dialect svdiff_dialect = {
    .name = "svdiff",
    .title = "svdiff-pytorch",
    .summary = N_("Spectral shifts, a vector for each weight"),
    .files = svdiff_files,
    .detect = svdiff_detect,
    .read = svdiff_read,
    .holds = svdiff_holds,
    .write = svdiff_write,
};
