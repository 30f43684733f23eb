#include "compute/adapter/dialect/factors_write.h"

#include <string.h>

bool factors_form(const struct adapter_param *p, struct update_form *form)
{
    const struct adapter_method *m = p->adapter->method;
    *form = (struct update_form){0};
    return m->form && m->form(p, form);
}

bool factors_low_rank(const struct adapter *a, int blend)
{
    struct update_form form;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (!factors_form(p, &form) || form.kind != UPDATE_LOW_RANK || !lora_has_place(p->weight) ||
            (form.magnitude != UPDATE_NO_AXIS && form.blend != blend)) {
            return false;
        }
    }
    return a->params->len > 0;
}

static guint count_magnitudes(const struct adapter *a, enum update_axis axis)
{
    struct update_form form;
    guint n = 0;
    for (guint i = 0; i < a->params->len; i++) {
        n += factors_form(a->params->pdata[i], &form) && form.magnitude == axis;
    }
    return n;
}

bool factors_holds_as_peft(const struct adapter *a)
{
    return factors_low_rank(a, false) && (count_magnitudes(a, UPDATE_OUT) == a->params->len ||
                                          count_magnitudes(a, UPDATE_NO_AXIS) == a->params->len);
}

static bool is_unet(const struct adapter_param *p)
{
    return g_str_equal(p->part, MODEL_UNET);
}

char *factors_flat_name(const struct adapter_param *p)
{
    g_autofree char *flat = g_strdelimit(g_strdup(p->path), ".", '_');
    return g_strconcat(is_unet(p) ? "lora_unet_" : "lora_te_", flat, NULL);
}

bool factors_is_bias(const struct adapter_param *p)
{
    return g_str_has_suffix(p->weight->name, ".bias");
}

float *factors_channels_first(const float *x, int first, int inputs, int places)
{
    float *y = g_new(float, (gsize)first *inputs *places);
    for (int i = 0; i < first; i++) {
        for (int k = 0; k < places; k++) {
            for (int c = 0; c < inputs; c++) {
                y[(i * inputs + c) * places + k] = x[(i * places + k) * inputs + c];
            }
        }
    }
    return y;
}

void factors_write_low_rank(struct st_writer *w, const struct adapter_param *p, const char *name,
                            const char *down, const char *up)
{
    struct update_form form;
    factors_form(p, &form);
    const struct nn_weight *weight = p->weight;
    const int *s = weight->shape, rank = form.rank[0], in = lora_inputs(weight);
    g_autofree char *down_name = g_strconcat(name, down, NULL);
    g_autofree char *up_name = g_strconcat(name, up, NULL);
    g_autofree float *a = factors_channels_first(p->value, rank, s[3], in / s[3]);
    st_writer_f32(w, down_name, weight->rank, (int64_t[]){rank, s[3], s[1], s[2]}, a);
    st_writer_f32(w, up_name, weight->rank, (int64_t[]){lora_outputs(weight), rank, 1, 1},
                  p->value + rank * in);
}

const float *factors_magnitudes(const struct adapter_param *p, int *count)
{
    struct update_form form;
    factors_form(p, &form);
    *count = form.magnitude == UPDATE_OUT  ? lora_outputs(p->weight)
             : form.magnitude == UPDATE_IN ? p->weight->shape[3]
                                           : 0;
    return *count ? p->value + p->count - *count : NULL;
}

void factors_write_alpha(struct st_writer *w, const char *name, int rank)
{
    g_autofree char *alpha = g_strconcat(name, ".alpha", NULL);
    st_writer_f32(w, alpha, 0, NULL, &(float){(float)rank});
}

void factors_write_dora(struct st_writer *w, const struct adapter_param *p, const char *name)
{
    int n;
    const float *magnitudes = factors_magnitudes(p, &n);
    struct update_form form;
    factors_form(p, &form);
    if (magnitudes) {
        const bool out = form.magnitude == UPDATE_OUT;
        g_autofree char *dora = g_strconcat(name, ".dora_scale", NULL);
        st_writer_f32(w, dora, p->weight->rank, (int64_t[]){out ? n : 1, out ? 1 : n, 1, 1},
                      magnitudes);
    }
}

void factors_write_flat(struct st_writer *w, const struct adapter_param *p)
{
    struct update_form form;
    g_autofree char *name = factors_flat_name(p);
    factors_form(p, &form);
    factors_write_low_rank(w, p, name, ".lora_down.weight", ".lora_up.weight");
    factors_write_alpha(w, name, form.rank[0]);
    factors_write_dora(w, p, name);
}

// ---- PEFT's configuration -----------------------------------------------------------------------

static bool is_of(const struct adapter_param *p, const char *part)
{
    return !part || g_str_equal(p->part, part);
}

static int rank_of(const struct adapter_param *p)
{
    struct update_form form;
    factors_form(p, &form);
    return form.rank[0];
}

// The rank that most layers have: the others are exceptions.
static int common_rank(const struct adapter *a, const char *part)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
    int best = 0, most = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        gpointer key = GINT_TO_POINTER(rank_of(p));
        const int n = GPOINTER_TO_INT(g_hash_table_lookup(counts, key)) + is_of(p, part);
        g_hash_table_replace(counts, key, GINT_TO_POINTER(n));
        if (n > most) {
            most = n;
            best = rank_of(p);
        }
    }
    return best;
}

static void member(JsonBuilder *b, const char *prefix, const char *key)
{
    g_autofree char *name = g_strconcat(prefix, key, NULL);
    json_builder_set_member_name(b, name);
}

static void add_pattern(const struct adapter *a, const char *part, int common, JsonBuilder *b)
{
    json_builder_begin_object(b);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (is_of(p, part) && rank_of(p) != common) {
            json_builder_add_int_value(json_builder_set_member_name(b, adapter_peft_path(p)),
                                       rank_of(p));
        }
    }
    json_builder_end_object(b);
}

void factors_config(const struct adapter *a, const char *part, const char *prefix, JsonBuilder *b)
{
    const int common = common_rank(a, part);
    member(b, prefix, "r");
    json_builder_add_int_value(b, common);
    member(b, prefix, "lora_alpha");
    json_builder_add_int_value(b, common);
    member(b, prefix, "rank_pattern");
    add_pattern(a, part, common, b);
    member(b, prefix, "alpha_pattern");
    add_pattern(a, part, common, b);
    member(b, prefix, "use_dora");
    json_builder_add_boolean_value(b, count_magnitudes(a, UPDATE_OUT) > 0);
    member(b, prefix, "bias");
    json_builder_add_string_value(b, "none");
    member(b, prefix, "target_modules");
    json_builder_begin_array(b);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (is_of(p, part)) {
            json_builder_add_string_value(b, adapter_peft_path(p));
        }
    }
    json_builder_end_array(b);
}

// ---- dense --------------------------------------------------------------------------------------

void factors_write_dense(struct st_writer *w, const struct adapter_param *p, const char *name)
{
    const struct nn_weight *weight = p->weight;
    const int *s = weight->shape;
    g_autofree char *key = g_strconcat(name, factors_is_bias(p) ? ".diff_b" : ".diff", NULL);
    if (weight->rank == 1) {
        st_writer_f32(w, key, 1, (int64_t[]){p->count}, p->value);
        return;
    }
    const int rows = lora_outputs(weight);
    g_autofree float *x = factors_channels_first(p->value, rows, s[3], lora_inputs(weight) / s[3]);
    st_writer_f32(w, key, weight->rank, (int64_t[]){rows, s[3], s[1], s[2]}, x);
}
