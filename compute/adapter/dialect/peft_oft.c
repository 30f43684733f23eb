// OFT as the PEFT library keeps it (methods 4.3): base_model.model.<path>.oft_R.weight, a row of
// strict upper triangles a layer, and adapter_config.json beside it.
#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"

struct adapter *rotation_read(const struct adapter_source *s, struct model *model, GError **error)
{
    const bool bounded = g_strcmp0(adapter_source_meta(s, "tincture.method"), "coft") == 0;
    struct adapter *a = adapter_begin(s, bounded ? "coft" : "oft", model);
    for (guint i = 0; i < s->files->len; i++) {
        if (!rotation_load(a, s->files->pdata[i], error)) {
            adapter_free(a);
            return NULL;
        }
    }
    return a;
}

static bool peft_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", ".oft_R.weight");
}

static bool peft_oft_holds(const struct adapter *a)
{
    return a->method->input == rotation_input;
}

extern const struct adapter_dialect peft_oft_dialect;
const struct adapter_dialect peft_oft_dialect = {
    .name = "peft_oft",
    .title = "PEFT OFT",
    .summary = "Rotations of the input, each as the triangle of its skew-symmetric matrix",
    .files = rotation_files,
    .detect = peft_oft_detect,
    .read = rotation_read,
    .holds = peft_oft_holds,
    .write = rotation_save,
};
