#include "compute/adapter/dialect/layers.h"

#include "compute/model/single_file.h"

#include <string.h>

// Longer ones before those that they end in.
static const struct {
    const char *suffix;
    enum role role;
} suffixes[] = {
    {".lora_linear_layer.down.weight", ROLE_DOWN},
    {".lora_linear_layer.up.weight", ROLE_UP},
    {".lora.down.weight", ROLE_DOWN},
    {".lora.up.weight", ROLE_UP},
    {".lora_down.weight", ROLE_DOWN},
    {".lora_up.weight", ROLE_UP},
    {".lora_mid.weight", ROLE_MID},
    {".lora_A.weight", ROLE_DOWN},
    {".lora_B.weight", ROLE_UP},
    {".lora_A.default.weight", ROLE_DOWN},
    {".lora_B.default.weight", ROLE_UP},
    {".lora_B.bias", ROLE_UP_BIAS},
    {".lora_B.default.bias", ROLE_UP_BIAS},
    {".lora.up.bias", ROLE_UP_BIAS},
    {".lora_linear_layer.up.bias", ROLE_UP_BIAS},
    {".lora_embedding_A", ROLE_TABLE_A},
    {".lora_embedding_B", ROLE_TABLE_B},
    {".lora_E", ROLE_RANKS},
    {".lora_A", ROLE_DOWN},
    {".lora_B", ROLE_UP},
    {".lora_magnitude_vector.weight", ROLE_MAGNITUDE},
    {".lora_magnitude_vector", ROLE_MAGNITUDE},
    {".dora_scale", ROLE_DORA},
    {".alpha", ROLE_ALPHA},
    {".down.weight", ROLE_DOWN}, // of <attention>.processor.to_q_lora
    {".up.weight", ROLE_UP},
    {".hada_w1_a", ROLE_HADA_1A},
    {".hada_w1_b", ROLE_HADA_1B},
    {".hada_t1", ROLE_HADA_1T},
    {".hada_w2_a", ROLE_HADA_2A},
    {".hada_w2_b", ROLE_HADA_2B},
    {".hada_t2", ROLE_HADA_2T},
    {".lokr_w1", ROLE_KRON_1},
    {".lokr_w1_a", ROLE_KRON_1A},
    {".lokr_w1_b", ROLE_KRON_1B},
    {".lokr_w2", ROLE_KRON_2},
    {".lokr_w2_a", ROLE_KRON_2A},
    {".lokr_w2_b", ROLE_KRON_2B},
    {".lokr_t2", ROLE_KRON_2T},
    {".diff", ROLE_DIFF},
    {".w_norm", ROLE_DIFF},
    {".diff_b", ROLE_DIFF_BIAS},
    {".b_norm", ROLE_DIFF_BIAS},
    {".on_input", ROLE_ON_INPUT},
    {".ia3_l", ROLE_IA3},
    {".weight", ROLE_CHANNELS},
};

bool source_has_role(const struct adapter_source *s, const char *prefix, enum role first,
                     enum role last)
{
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (suffixes[i].role >= first && suffixes[i].role <= last &&
            adapter_source_has(s, prefix, suffixes[i].suffix)) {
            return true;
        }
    }
    return false;
}

// ---- what layers are called ---------------------------------------------------------------------

// Takes the name.
static void add_name(GHashTable *names, char *name, struct file_layer *layer)
{
    if (g_hash_table_contains(names, name)) {
        g_free(name);
    } else {
        g_hash_table_insert(names, name, layer);
    }
}

static void add_names(GHashTable *names, const char *const *prefixes, const char *path,
                      struct file_layer *layer)
{
    for (; *prefixes; prefixes++) {
        add_name(names, g_strconcat(*prefixes, path, NULL), layer);
    }
}

static void add_flat(GHashTable *names, const char *const *prefixes, const char *path,
                     struct file_layer *layer)
{
    g_autofree char *flat = g_strdelimit(g_strdup(path), ".", '_');
    add_names(names, prefixes, flat, layer);
}

// What attention processors called a projection: ".to_q" is ".processor.to_q_lora".
static char *processor_path(const char *path)
{
    static const char *const ends[][2] = {
        {".to_q", ".processor.to_q_lora"},
        {".to_k", ".processor.to_k_lora"},
        {".to_v", ".processor.to_v_lora"},
        {".to_out.0", ".processor.to_out_lora"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (g_str_has_suffix(path, ends[i][0])) {
            g_autofree char *stem = g_strndup(path, strlen(path) - strlen(ends[i][0]));
            return g_strconcat(stem, ends[i][1], NULL);
        }
    }
    return NULL;
}

static char *without_end(const char *name)
{
    return g_strndup(name, (gsize)(strrchr(name, '.') - name));
}

static void add_unet(GHashTable *names, const struct model *m, const char *path,
                     struct file_layer *layer)
{
    static const char *const dotted[] = {
        "", "unet.", "base_model.model.", "base_model.model.unet.", "diffusion_model.", NULL};
    static const char *const flat[] = {"lora_unet_", "oft_unet_", "lycoris_", NULL};
    static const char *const original[] = {"diffusion_model.", "model.diffusion_model.", NULL};
    add_names(names, dotted, path, layer);
    add_flat(names, flat, path, layer);
    g_autofree char *processor = processor_path(path);
    if (processor) {
        add_names(names, dotted, processor, layer);
    }
    g_autofree char *theirs = single_file_unet_name(m, layer->weight->name);
    g_autofree char *theirs_path = without_end(theirs);
    add_names(names, original, theirs_path, layer);
    add_flat(names, flat, theirs_path, layer);
}

static void add_text(GHashTable *names, const char *path, struct file_layer *layer)
{
    static const char *const dotted[] = {"",
                                         "text_encoder.",
                                         "base_model.model.",
                                         "text_encoders.clip_l.transformer.",
                                         "text_encoders.clip_h.transformer.",
                                         NULL};
    static const char *const flat[] = {"lora_te_", "lora_te1_", NULL};
    static const char *const old[][2] = {{".q_proj", ".to_q_lora"},
                                         {".k_proj", ".to_k_lora"},
                                         {".v_proj", ".to_v_lora"},
                                         {".out_proj", ".to_out_lora"}};
    const char *both[] = {path, path};
    if (g_str_has_prefix(path, "text_model.")) {
        both[1] = path + strlen("text_model.");
    }
    for (int i = 0; i < 2; i++) {
        add_names(names, dotted, both[i], layer);
        add_flat(names, flat, both[i], layer);
        for (size_t k = 0; k < G_N_ELEMENTS(old); k++) {
            if (g_str_has_suffix(path, old[k][0])) {
                g_autofree char *stem = g_strndup(both[i], strlen(both[i]) - strlen(old[k][0]));
                g_autofree char *name = g_strconcat(stem, old[k][1], NULL);
                add_names(names, dotted, name, layer);
            }
        }
    }
}

// All layers of a part, and their names.
static void add_part(GPtrArray *layers, GHashTable *names, const struct model *m, const char *name)
{
    const struct nn_part *part = model_part(m, name);
    for (guint i = 0; part && i < part->weights->len; i++) {
        struct nn_weight *w = part->weights->pdata[i];
        if (!g_str_has_suffix(w->name, ".weight")) {
            continue;
        }
        g_autofree char *path = without_end(w->name);
        g_autofree char *bias = g_strconcat(path, ".bias", NULL);
        struct file_layer *layer = g_new0(struct file_layer, 1);
        *layer = (struct file_layer){part, w, nn_part_find(part, bias), {0}, 0};
        g_ptr_array_add(layers, layer);
        if (g_str_equal(name, MODEL_UNET)) {
            add_unet(names, m, path, layer);
        } else {
            add_text(names, path, layer);
        }
    }
}

// ---- sorting ------------------------------------------------------------------------------------

static struct file_layer *find_layer(GHashTable *names, const char *name, enum role *role)
{
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (g_str_has_suffix(name, suffixes[i].suffix)) {
            g_autofree char *stem = g_strndup(name, strlen(name) - strlen(suffixes[i].suffix));
            struct file_layer *layer = g_hash_table_lookup(names, stem);
            if (layer) {
                *role = suffixes[i].role;
                return layer;
            }
        }
    }
    return NULL;
}

static void sort_file(const struct st_file *file, GHashTable *names, GPtrArray *unmatched)
{
    for (guint i = 0; i < file->tensors->len; i++) {
        const struct st_tensor *t = file->tensors->pdata[i];
        enum role role = 0;
        struct file_layer *layer = find_layer(names, t->name, &role);
        if (layer && !layer->of[role]) {
            layer->of[role] = t;
            layer->count++;
        } else {
            g_ptr_array_add(unmatched, (gpointer)t);
        }
    }
}

GPtrArray *file_layer_names(const struct model *model, GHashTable **names)
{
    GPtrArray *layers = g_ptr_array_new_with_free_func(g_free);
    *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    add_part(layers, *names, model, MODEL_UNET);
    add_part(layers, *names, model, MODEL_TEXT);
    return layers;
}

GPtrArray *file_layers(const struct adapter_source *s, const struct model *model,
                       GPtrArray *unmatched)
{
    g_autoptr(GHashTable) names = NULL;
    GPtrArray *layers = file_layer_names(model, &names);
    for (guint i = 0; i < s->files->len; i++) {
        sort_file(s->files->pdata[i], names, unmatched);
    }
    for (guint i = layers->len; i-- > 0;) {
        if (((const struct file_layer *)layers->pdata[i])->count == 0) {
            g_ptr_array_remove_index(layers, i);
        }
    }
    return layers;
}
