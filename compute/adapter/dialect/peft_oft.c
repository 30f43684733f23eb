// OFT as the PEFT library keeps it since 0.16 (src/peft/tuners/oft/layer.py):
// base_model.model.<path>.oft_R.weight (n or 1, b(b-1)/2), the strict upper triangles of S, one row
// where all blocks share it, and adapter_config.json beside it, which says how S becomes a
// rotation:
//
//   use_cayley_neumann false   R = (I - S)(I + S)^-1
//   true (the default)         R = I + 2 S + 2 S^2 + .. with num_cayley_neumann_terms terms, about
//                              (I + S)(I - S)^-1; since 0.18 the last power counts once
//   coft                       |S|_F of a block is held to eps / sqrt(rows)
//
// W' = W R^T in both. An embedding, .oft_embedding_R.weight, turns what it looks up, W' = W R, and
// R(S) = R(-S)^T. Convolutions turn the whole patch in the order (I, ky, kx): W as merge()
// makes it, since PEFT's forward pass forgets how often a pixel lies in a patch.
#include "compute/adapter/dialect/peft_config.h"
#include "compute/adapter/dialect/rotations.h"
#include "compute/i18n.h"

#include <math.h>
#include <stdlib.h>

#define SUFFIX    ".oft_R.weight"
#define EMBEDDING ".oft_embedding_R.weight"
#define MAX_TERMS 64
// Said in the metadata, for a file without its configuration: "exact", or "POWERS LAST".
#define SERIES_KEY "tincture.oft_series"

// ---- reading ------------------------------------------------------------------------------------

// PEFT 0.18 began to write its version, and changed the last term.
static bool is_old_series(const struct adapter_source *s)
{
    JsonNode *node = json_object_get_member(json_node_get_object(s->config), "peft_version");
    const char *version = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
    g_auto(GStrv) parts = g_strsplit(version && *version ? version : "0", ".", 3);
    return atoi(parts[0]) == 0 && (!parts[1] || atoi(parts[1]) < 18);
}

static void set_terms(struct orthogonal_form *form, int terms, bool old)
{
    form->cayley = CAYLEY_SERIES;
    form->powers = old || terms < 3 ? terms - 1 : MAX(terms - 1, 3);
    form->last = old || terms < 3 ? 2 : 1;
}

static void set_formula(const struct adapter_source *s, struct orthogonal_form *form)
{
    const char *ours = adapter_source_meta(s, SERIES_KEY);
    g_auto(GStrv) words = g_strsplit(ours ? ours : "", " ", 2);
    if (words[0] && words[1]) {
        form->cayley = CAYLEY_SERIES;
        form->powers = CLAMP(atoi(words[0]), 0, MAX_TERMS);
        form->last = atoi(words[1]) == 1 ? 1 : 2;
    } else if (adapter_source_meta(s, "tincture.method")) {
        form->cayley = CAYLEY_EXACT;
    } else if (!s->config) {
        set_terms(form, 5, false);
    } else if (rotations_config_bool(s, "use_cayley_neumann", true)) {
        set_terms(form, (int)rotations_config_number(s, "num_cayley_neumann_terms", 5),
                  is_old_series(s));
    }
}

enum { IS_LAYER, IS_EMBEDDING };

static bool read_layer(struct rotations *r, const struct rotations_layer *l, GError **error)
{
    struct orthogonal_form form = {.cayley = CAYLEY_EXACT};
    struct adapter_param *p;
    set_formula(r->source, &form);
    if (!rotations_add_triangles(r, l, &form, &p, error) || !p) {
        return !p;
    }
    const int64_t rows = l->tensor->shape[0], numbers = l->tensor->shape[1];
    if (rotations_config_bool(r->source, "coft", false)) {
        const double eps = rotations_config_number(r->source, "eps", 6e-5);
        for (int64_t row = 0; row < rows; row++) {
            rotations_bound(p->value + row * numbers, numbers, 2, eps / sqrt((double)rows));
        }
    }
    for (int64_t i = 0; l->suffix == IS_EMBEDDING && i < l->tensor->count; i++) {
        p->value[i] = -p->value[i];
    }
    rotations_share(p, l->tensor->count);
    return true;
}

// Kernels of one place see each pixel once, and both ways are one.
static bool turns_patches(const struct adapter *a)
{
    bool any = false;
    for (guint i = 0; i < a->params->len; i++) {
        const struct nn_weight *w = ((const struct adapter_param *)a->params->pdata[i])->weight;
        any = any || (w->rank == 4 && w->shape[1] * w->shape[2] > 1);
    }
    return any;
}

static void note_reading(struct adapter *a, const struct adapter_source *s)
{
    if (adapter_source_meta(s, "tincture.method")) {
        return;
    }
    if (!s->config) {
        adapter_note(a,
                     _("read as the series of five terms that PEFT takes unless told otherwise, as "
                       "adapter_config.json is not beside it"));
    }
    if (turns_patches(a)) {
        adapter_note(a, _("its convolutions act as after PEFT's merge_and_unload(), which is not "
                          "quite how PEFT trained them: there they act otherwise until they are "
                          "merged"));
    }
}

static bool peft_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SUFFIX) || adapter_source_has(s, "", EMBEDDING);
}

static struct adapter *peft_oft_read(const struct adapter_source *s, struct model *model,
                                     GError **error)
{
    static const char *const suffixes[] = {[IS_LAYER] = SUFFIX, [IS_EMBEDDING] = EMBEDDING, NULL};
    static const char *const types[] = {"OFT", NULL};
    const double terms = rotations_config_number(s, "num_cayley_neumann_terms", 5);
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    if (!peft_config_check_source(s, types, notes, error)) {
        return NULL;
    }
    if (!(terms >= 1 && terms <= MAX_TERMS && terms == floor(terms))) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("%s: the rotations are a series of %g terms in adapter_config.json; 1 to %d can "
              "be computed"),
            s->path, terms, MAX_TERMS);
        return NULL;
    }
    struct adapter *a = rotations_read(s, model, suffixes, NULL, read_layer, error);
    adapter_note_all(a, notes);
    if (a) {
        note_reading(a, s);
    }
    return a;
}

// ---- writing ------------------------------------------------------------------------------------

// The terms that a current PEFT needs for a form, 0: it is exact, -1: PEFT has no such series.
static int terms_of(const struct orthogonal_form *f)
{
    if (f->cayley == CAYLEY_EXACT) {
        return 0;
    }
    for (int terms = 1; f->cayley == CAYLEY_SERIES && terms <= MAX_TERMS; terms++) {
        struct orthogonal_form like = {0};
        set_terms(&like, terms, false);
        if (like.powers == f->powers && (like.last == f->last || f->powers == 0)) {
            return terms;
        }
    }
    return -1;
}

static bool peft_oft_holds(const struct adapter *a)
{
    struct orthogonal_form first = {0}, form;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (!rotations_form(p, &form) || form.outputs || form.scaled || form.factors != 1 ||
            form.block * form.blocks != orthogonal_channels(p->weight, false)) {
            return false;
        }
        first = i == 0 ? form : first;
        if (terms_of(&form) < 0 || terms_of(&form) != terms_of(&first)) {
            return false;
        }
    }
    return a->params->len > 0;
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    const bool embedding = rotations_is_embedding(p);
    g_autofree char *name = g_strconcat("base_model.model.", adapter_peft_path(p),
                                        embedding ? EMBEDDING : SUFFIX, NULL);
    g_autofree float *u = g_memdup2(p->value, (size_t)p->count * sizeof *u);
    for (int i = 0; embedding && i < p->count; i++) {
        u[i] = -u[i];
    }
    struct orthogonal_form form;
    rotations_form(p, &form);
    st_writer_f32(w, name, 2, (int64_t[]){form.blocks, orthogonal_block_count(&form)}, u);
}

// PEFT makes every layer's blocks from one size, or one number, and takes the nearest divisor.
static bool is_size_of_all(const struct adapter *a, int wanted, bool count)
{
    struct orthogonal_form f;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        rotations_form(p, &f);
        const int in = orthogonal_channels(p->weight, false);
        if (rotation_divisor(in, wanted) != (count ? f.blocks : f.block)) {
            return false;
        }
    }
    return true;
}

// The number of blocks or their size that leads to those of all layers; both 0: nothing does.
static void find_size(const struct adapter *a, int *blocks, int *size)
{
    struct orthogonal_form f;
    *blocks = *size = 0;
    for (guint i = 0; i < a->params->len && *blocks == 0 && *size == 0; i++) {
        rotations_form(a->params->pdata[i], &f);
        if (is_size_of_all(a, f.blocks, true)) {
            *blocks = f.blocks;
        } else if (is_size_of_all(a, f.block, false)) {
            *size = f.block;
        }
    }
    if (*blocks == 0 && *size == 0 && a->method != adapter_method_find("orthogonal")) {
        *size = settings_int(a->settings, "block_size");
        *blocks = *size > 0 ? 0 : settings_int(a->settings, "blocks");
    }
}

// What PEFT needs to know. coft is false even for a coft adapter: its bound is kept by the numbers
// themselves, and PEFT's own bound lacks the factor b^2 and would cut them.
static bool write_config(const struct adapter *a, const char *folder, int terms, GError **error)
{
    int blocks, size;
    find_size(a, &blocks, &size);
    g_autoptr(JsonBuilder) b = rotations_config_begin(a, "OFT");
    json_builder_add_int_value(json_builder_set_member_name(b, "r"), blocks);
    json_builder_add_int_value(json_builder_set_member_name(b, "oft_block_size"), size);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "use_cayley_neumann"),
                                   terms > 0);
    json_builder_add_int_value(json_builder_set_member_name(b, "num_cayley_neumann_terms"),
                               terms > 0 ? terms : 5);
    json_builder_add_string_value(json_builder_set_member_name(b, "peft_version"), "0.18.0");
    json_builder_add_boolean_value(json_builder_set_member_name(b, "coft"), FALSE);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "block_share"), FALSE);
    json_builder_add_double_value(json_builder_set_member_name(b, "module_dropout"), 0);
    return rotations_config_end(b, folder, error);
}

extern const struct adapter_dialect peft_oft_dialect;

static bool peft_oft_write(const struct adapter *a, const char *path, struct task *task,
                           GError **error)
{
    struct orthogonal_form form;
    rotations_form(a->params->pdata[0], &form);
    const int terms = terms_of(&form);
    struct st_writer *w = adapter_writer(a);
    if (terms > 0) {
        g_autofree char *series = g_strdup_printf("%d %g", form.powers, form.last);
        st_writer_meta(w, SERIES_KEY, series);
    }
    return adapter_write_layers(a, &peft_oft_dialect, w, write_layer, path, task, error) &&
           (g_str_has_suffix(path, ".safetensors") || write_config(a, path, terms, error));
}

static const char *const peft_oft_files[] = {"adapter_model.safetensors", "adapter_config.json",
                                             NULL};

const struct adapter_dialect peft_oft_dialect = {
    .name = "peft_oft",
    .title = N_("PEFT OFT"),
    .summary = N_("Rotations of the input, each as the triangle of its skew-symmetric matrix"),
    .files = peft_oft_files,
    .detect = peft_oft_detect,
    .read = peft_oft_read,
    .holds = peft_oft_holds,
    .write = peft_oft_write,
};
