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

// B times by, which alpha takes back.
static void write_scaled(struct st_writer *w, const struct adapter_param *p, double by,
                         const char *name, const char *down, const char *up)
{
    struct update_form form;
    factors_form(p, &form);
    const struct nn_weight *weight = p->weight;
    const int *s = weight->shape, rank = form.rank[0], in = lora_inputs(weight);
    const int out = lora_outputs(weight);
    g_autofree char *down_name = g_strconcat(name, down, NULL);
    g_autofree char *up_name = g_strconcat(name, up, NULL);
    g_autofree float *a = factors_channels_first(p->value, rank, s[3], in / s[3]);
    g_autofree float *b = g_new(float, (gsize)out *rank);
    for (int i = 0; i < out * rank; i++) {
        b[i] = (float)(by * p->value[rank * in + i]);
    }
    st_writer_f32(w, down_name, weight->rank, (int64_t[]){rank, s[3], s[1], s[2]}, a);
    st_writer_f32(w, up_name, weight->rank, (int64_t[]){out, rank, 1, 1}, b);
}

void factors_write_low_rank(struct st_writer *w, const struct adapter_param *p, const char *name,
                            const char *down, const char *up)
{
    write_scaled(w, p, 1, name, down, up);
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
    const int alpha = adapter_largest_rank(p->adapter);
    factors_form(p, &form);
    write_scaled(w, p, (double)form.rank[0] / alpha, name, ".lora_down.weight", ".lora_up.weight");
    factors_write_alpha(w, name, alpha);
    factors_write_dora(w, p, name);
}

// ---- one alpha for all --------------------------------------------------------------------------

// The smallest of most, most / 2, most / 4, .. that is a whole number and not below rank: alpha
// over it is a power of two, which rounds nothing.
static int even_rank(int rank, int most)
{
    int even = most;
    while (even % 2 == 0 && even / 2 >= rank) {
        even /= 2;
    }
    return even;
}

// A and B of the rank `to`, where what is new is 0; B as it comes back from a file.
static void add_evened(struct adapter *all, const struct adapter_param *p,
                       const struct update_form *form, int to, int most)
{
    const int in = lora_inputs(p->weight), out = lora_outputs(p->weight), rank = form->rank[0];
    const int count = p->count + (to - rank) * (in + out);
    struct adapter_param *q =
        adapter_add(all, model_part(all->model, p->part), p->weight, (int[]){1, 1, 1, count});
    const float *b = p->value + (gsize)rank * in, *rest = b + (gsize)out * rank;
    float *even = q->value + (gsize)to * in;
    memcpy(q->value, p->value, (size_t)rank * in * sizeof *q->value);
    for (int o = 0; o < out; o++) {
        for (int i = 0; i < rank; i++) {
            const float kept = (float)((double)b[o * rank + i] * to / most);
            even[o * to + i] = (float)((double)kept * most / to);
        }
    }
    memcpy(even + (gsize)out * to, rest, (size_t)(p->value + p->count - rest) * sizeof *rest);
    if (p->form) {
        struct update_form same = *form;
        same.rank[0] = to;
        q->form = g_bytes_new(&same, sizeof same);
    }
}

static bool is_low_rank(const struct adapter_param *p, struct update_form *form)
{
    return factors_form(p, form) && form->kind == UPDATE_LOW_RANK;
}

struct adapter *factors_evened(const struct adapter *a)
{
    const int most = adapter_largest_rank(a);
    struct update_form form;
    bool even = true;
    for (guint i = 0; i < a->params->len; i++) {
        even = even && (!is_low_rank(a->params->pdata[i], &form) || form.rank[0] == most);
    }
    struct adapter *all = even ? NULL : adapter_alloc_like(a);
    for (guint i = 0; all && i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (is_low_rank(p, &form)) {
            add_evened(all, p, &form, even_rank(form.rank[0], most), most);
        } else {
            adapter_param_copy(all, p);
        }
    }
    return all;
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
