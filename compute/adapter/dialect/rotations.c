// Rotations in files: what the dialects that hold them share.
#include "compute/adapter/dialect/rotations.h"

#include "compute/adapter/dialect/layers.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

// ---- reading ------------------------------------------------------------------------------------

const struct st_tensor *rotations_sibling(struct rotations *r, const struct rotations_layer *l,
                                          const char *suffix)
{
    g_autofree char *name = g_strconcat(l->stem, suffix, NULL);
    const struct st_tensor *t = st_find(r->file, name);
    if (t) {
        g_hash_table_add(r->used, (gpointer)t);
    }
    return t;
}

float *rotations_numbers(const struct st_tensor *t, GError **error)
{
    float *numbers = g_new(float, MAX(t->count, 1));
    if (!st_read_learned(t, numbers, error)) {
        g_clear_pointer(&numbers, g_free);
    }
    return numbers;
}

bool rotations_scale(const struct st_tensor *t, float **scale, GError **error)
{
    *scale = t ? rotations_numbers(t, error) : NULL;
    if (t && !*scale) {
        return false;
    }
    int64_t ones = 0;
    while (t && ones < t->count && (*scale)[ones] == 1) {
        ones++;
    }
    if (t && ones == t->count) {
        g_clear_pointer(scale, g_free);
    }
    return true;
}

static char *shape_text(const struct st_tensor *t)
{
    GString *text = g_string_new("(");
    for (int i = 0; i < t->rank; i++) {
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? ", " : "", t->shape[i]);
    }
    return g_string_free(g_string_append_c(text, ')'), FALSE);
}

static gboolean is_below(gpointer tensor, gpointer value, gpointer stem)
{
    return g_str_has_prefix(((const struct st_tensor *)tensor)->name, stem);
}

struct adapter_param *rotations_add(struct rotations *r, const struct rotations_layer *l,
                                    const struct orthogonal_form *form)
{
    if (orthogonal_fits(l->weight, form)) {
        g_hash_table_add(r->used, (gpointer)l->tensor);
        return orthogonal_add(r->a, l->part, l->weight, form);
    }
    g_hash_table_foreach_remove(r->used, is_below, (gpointer)l->stem); // what belongs to it
    if (!r->fault) {
        g_autofree char *shape = shape_text(l->tensor);
        r->fault = g_strdup_printf(
            form->outputs ? _("%s %s, or what lies beside it, does not fit the %d outputs of its "
                              "layer as blocks of up to %d")
                          : _("%s %s, or what lies beside it, does not fit the %d inputs of its "
                              "layer as blocks of up to %d"),
            l->tensor->name, shape, orthogonal_channels(l->weight, form->outputs),
            ORTHOGONAL_MAX_BLOCK);
    }
    return NULL;
}

// b of a triangle of b(b-1)/2 numbers, 0: it is none, or too large.
static int triangle_block(int64_t numbers)
{
    const double block = (1 + sqrt(1 + 8.0 * (double)numbers)) / 2;
    const struct orthogonal_form form = {.block = block <= ORTHOGONAL_MAX_BLOCK ? (int)lround(block)
                                                                                : 0};
    return orthogonal_block_count(&form) == numbers ? form.block : 0;
}

bool rotations_add_triangles(struct rotations *r, const struct rotations_layer *l,
                             struct orthogonal_form *form, struct adapter_param **p, GError **error)
{
    const struct st_tensor *t = l->tensor;
    const int in = orthogonal_channels(l->weight, false);
    const int block = t->rank == 2 ? triangle_block(t->shape[1]) : 0;
    form->factors = 1;
    form->blocks = block > 0 && in % block == 0 ? in / block : 0;
    form->block = block > 0 && (t->shape[0] == 1 || t->shape[0] == form->blocks) ? block : 0;
    *p = rotations_add(r, l, form);
    return !*p || st_read_learned(t, (*p)->value, error);
}

void rotations_share(struct adapter_param *p, int64_t have)
{
    for (int64_t i = have; i < p->count; i++) {
        p->value[i] = p->value[i - have];
    }
}

void rotations_triangles(const float *squares, int64_t have, const struct orthogonal_form *form,
                         float factor, float *u)
{
    const int b = form->block;
    for (int64_t j = 0; j < (int64_t)form->blocks * form->factors; j++) {
        const float *d = squares + (j % have) * b * b;
        for (int x = 0; x < b; x++) {
            for (int y = x + 1; y < b; y++) {
                *u++ = factor * (d[x * b + y] - d[y * b + x]);
            }
        }
    }
}

void rotations_bound(float *numbers, int64_t count, double weight, double norm)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)numbers[i] * numbers[i];
    }
    const double length = sqrt(weight * sum);
    for (int64_t i = 0; length > norm && i < count; i++) {
        numbers[i] = (float)(numbers[i] * (norm / length));
    }
}

static JsonNode *config_value(const struct adapter_source *s, const char *key)
{
    JsonNode *node =
        s->config ? json_object_get_member(json_node_get_object(s->config), key) : NULL;
    return node && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

bool rotations_config_bool(const struct adapter_source *s, const char *key, bool otherwise)
{
    JsonNode *node = config_value(s, key);
    return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN ? json_node_get_boolean(node)
                                                                    : otherwise;
}

double rotations_config_number(const struct adapter_source *s, const char *key, double otherwise)
{
    JsonNode *node = config_value(s, key);
    const GType type = node ? json_node_get_value_type(node) : G_TYPE_INVALID;
    return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : otherwise;
}

static bool read_tensor(struct rotations *r, const struct st_tensor *t, GError **error)
{
    for (int i = 0; r->suffixes[i]; i++) {
        if (!g_str_has_suffix(t->name, r->suffixes[i])) {
            continue;
        }
        g_autofree char *stem = g_strndup(t->name, strlen(t->name) - strlen(r->suffixes[i]));
        g_autofree char *name = r->path ? r->path(stem) : g_strdup(stem);
        const struct file_layer *layer = g_hash_table_lookup(r->names, name);
        if (!layer || layer->weight->rank < 2 || adapter_param_of(r->a, layer->weight)) {
            return true;
        }
        const struct rotations_layer l = {
            .tensor = t, .stem = stem, .suffix = i, .part = layer->part, .weight = layer->weight};
        return r->read_layer(r, &l, error);
    }
    return true;
}

static bool read_file(struct rotations *r, GError **error)
{
    for (guint i = 0; i < r->file->tensors->len; i++) {
        if (!read_tensor(r, r->file->tensors->pdata[i], error)) {
            return false;
        }
    }
    for (guint i = 0; i < r->file->tensors->len; i++) {
        const struct st_tensor *t = r->file->tensors->pdata[i];
        if (!g_hash_table_contains(r->used, t)) {
            adapter_unmatched(r->a, t->name);
        }
    }
    return true;
}

bool rotations_is_embedding(const struct adapter_param *p)
{
    return strstr(p->path, "embeddings.") != NULL;
}

// Whether the methods that are learned have this form. They turn what goes into a layer, which for
// an embedding are words.
static bool can_be_learned(const struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const struct orthogonal_form *f = orthogonal_form_of(p);
        if (f->outputs || f->scaled || f->factors != 1 || f->cayley != CAYLEY_EXACT ||
            !target_is_matrix(p->weight) || rotations_is_embedding(p) ||
            f->blocks * f->block != p->weight->shape[3]) {
            return false;
        }
    }
    return true;
}

static struct adapter *as_learned(struct adapter *a, const struct adapter_source *s)
{
    const bool bounded = g_strcmp0(adapter_source_meta(s, "tincture.method"), "coft") == 0;
    struct adapter *b = adapter_begin(s, bounded ? "coft" : "oft", a->model);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const int blocks = orthogonal_form_of(p)->blocks;
        struct adapter_param *q = adapter_add(b, model_part(a->model, p->part), p->weight,
                                              (int[]){1, 1, blocks, p->count / blocks});
        memcpy(q->value, p->value, (size_t)p->count * sizeof *p->value);
    }
    GPtrArray *unmatched = b->unmatched, *notes = b->notes;
    b->unmatched = a->unmatched;
    b->notes = a->notes;
    a->unmatched = unmatched;
    a->notes = notes;
    adapter_free(a);
    return b;
}

struct adapter *rotations_read(const struct adapter_source *s, struct model *model,
                               const char *const *suffixes, rotations_path_fn path,
                               rotations_layer_fn fn, GError **error)
{
    struct rotations r = {.source = s,
                          .a = adapter_begin(s, "orthogonal", model),
                          .suffixes = suffixes,
                          .path = path,
                          .read_layer = fn};
    r.used = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) layers = file_layer_names(model, &r.names);
    (void)layers; // holds what the names lead to
    bool ok = true;
    for (guint i = 0; ok && i < s->files->len; i++) {
        r.file = s->files->pdata[i];
        ok = read_file(&r, error);
    }
    if (ok && r.fault && r.a->params->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH, "%s: %s", s->path, r.fault);
        ok = false;
    } else if (ok && r.fault) {
        adapter_note(r.a, "%s", r.fault);
    }
    g_hash_table_unref(r.used);
    g_hash_table_unref(r.names);
    g_free(r.fault);
    if (!ok) {
        adapter_free(r.a);
        return NULL;
    }
    return can_be_learned(r.a) ? as_learned(r.a, s) : r.a;
}

// ---- writing ------------------------------------------------------------------------------------

bool rotations_form(const struct adapter_param *p, struct orthogonal_form *form)
{
    if (p->adapter->method == adapter_method_find("orthogonal")) {
        *form = *orthogonal_form_of(p);
        return true;
    }
    *form = (struct orthogonal_form){
        .factors = 1,
        .blocks = p->shape[2],
        .block = p->weight->shape[3] / p->shape[2],
        .cayley = CAYLEY_EXACT,
    };
    return p->adapter->method->merge == rotation_merge;
}

float *rotations_squares(const struct adapter_param *p, const struct orthogonal_form *form,
                         float mirror)
{
    const int b = form->block;
    const int64_t blocks = (int64_t)form->blocks * form->factors;
    float *squares = g_new0(float, blocks *b *b);
    const float *u = p->value;
    for (float *d = squares; d < squares + blocks * b * b; d += b * b) {
        for (int x = 0; x < b; x++) {
            for (int y = x + 1; y < b; y++, u++) {
                d[x * b + y] = *u;
                d[y * b + x] = mirror * *u;
            }
        }
    }
    return squares;
}

static void config_flag(JsonBuilder *b, const char *key, bool value)
{
    json_builder_add_boolean_value(json_builder_set_member_name(b, key), value);
}

JsonBuilder *rotations_config_begin(const struct adapter *a, const char *type)
{
    JsonBuilder *b = json_builder_begin_object(json_builder_new());
    json_builder_add_string_value(json_builder_set_member_name(b, "peft_type"), type);
    json_builder_add_string_value(json_builder_set_member_name(b, "bias"), "none");
    config_flag(b, "fan_in_fan_out", false);
    config_flag(b, "inference_mode", true);
    json_builder_begin_array(json_builder_set_member_name(b, "target_modules"));
    for (guint i = 0; i < a->params->len; i++) {
        json_builder_add_string_value(b, adapter_peft_path(a->params->pdata[i]));
    }
    return json_builder_end_array(b);
}

bool rotations_config_end(JsonBuilder *b, const char *folder, GError **error)
{
    json_builder_end_object(b);
    g_autofree char *path = g_build_filename(folder, "adapter_config.json", NULL);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_pretty(generator, TRUE);
    json_generator_set_root(generator, root);
    gsize length;
    g_autofree char *text = json_generator_to_data(generator, &length);
    return adapter_write_text(path, text, length, error);
}
