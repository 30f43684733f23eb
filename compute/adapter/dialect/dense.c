// Differences of whole weights under flattened names: .diff of a weight, .diff_b of a bias, as
// ComfyUI reads them and LyCORIS' "full" writes them. Exact for every method, and as large as the
// weights.
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/factors_write.h"
#include "compute/i18n.h"

static bool dense_detect(const struct adapter_source *s)
{
    return source_has_role(s, "", ROLE_DIFF, ROLE_DIFF_BIAS);
}

static struct adapter *dense_read(const struct adapter_source *s, struct model *model,
                                  GError **error)
{
    return factors_read(s, model, factor_scale_one, NULL, error);
}

static bool dense_holds(const struct adapter *a)
{
    struct update_form form;
    for (guint i = 0; i < a->params->len; i++) {
        if (!factors_form(a->params->pdata[i], &form) || form.kind != UPDATE_DENSE) {
            return false;
        }
    }
    return a->params->len > 0;
}

static const char *const dense_files[] = {"diff.safetensors", NULL};
extern const struct adapter_dialect dense_dialect;

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    g_autofree char *name = factors_flat_name(p);
    factors_write_dense(w, p, name);
}

static bool dense_write(const struct adapter *a, const char *path, struct task *task,
                        GError **error)
{
    return adapter_write_layers(a, &dense_dialect, adapter_writer(a), write_layer, path, task,
                                error);
}

const struct adapter_dialect dense_dialect = {
    .name = "dense",
    .title = N_("Dense difference"),
    .summary = N_("The whole change of each weight, as ComfyUI reads it; large"),
    .files = dense_files,
    .detect = dense_detect,
    .read = dense_read,
    .holds = dense_holds,
    .write = dense_write,
    .converts = DIALECT_AT_ONE,
};
