#include "compute/adapter/dialect/peft_config.h"

#include "compute/adapter/dialect/layers.h"

#include <string.h>

// The words of PEFT 0.21 and before it, by method; what each does was looked up in its tuner. What
// is in no list may change anything.

// Where layers are, how they are trained or began, where the model was from.
static const char *const of_all[] = {
    "task_type",
    "peft_type",
    "auto_mapping",
    "peft_version",
    "base_model_name_or_path",
    "revision",
    "target_modules",
    "exclude_modules",
    "bias",
    "layers_to_transform",
    "layers_pattern",
    "modules_to_save", // whole modules and biases are tensors, and told
    "inference_mode",
    "init_weights",
    "module_dropout",
    "fan_in_fan_out", // PEFT itself takes it back for linear layers
    NULL,
};

// Obeyed (lora_config.c), said by the tensors, or of the training alone.
static const char *const of_lora[] = {
    "r",
    "lora_alpha",
    "rank_pattern",
    "alpha_pattern",
    "use_rslora", // obeyed
    "use_dora",
    "lora_bias",
    "target_parameters",
    "trainable_token_indices",
    "ensure_weight_tying",
    "init_lora_weights", // checked below
    "lora_dropout",
    "loftq_config",
    "eva_config",
    "corda_config",
    "lora_ga_config",
    "velora_config",
    "monteclora_config",
    "runtime_config",
    "qalora_group_size", // of use_qalora
    "megatron_config",
    "megatron_core",
    NULL,
};
static const char *const of_hadamard[] = {
    "r", "alpha", "rank_pattern", "alpha_pattern", "rank_dropout", "use_effective_conv2d", NULL,
};
static const char *const of_kronecker[] = {
    "r",
    "alpha",
    "rank_pattern",
    "alpha_pattern",
    "rank_dropout",
    "rank_dropout_scale",
    "use_effective_conv2d",
    "decompose_both",
    "decompose_factor",
    NULL,
};
// More than the tensors of LoRA say.
static const char *const more_than_lora[] = {
    "kasa_config", "arrow_config",      "use_bdlora",
    "use_qalora",  "layer_replication", "alora_invocation_tokens",
    NULL};
static const char *const of_channels[] = {"feedforward_modules", "init_ia3_weights", NULL};
static const char *const of_oft[] = {
    "r",
    "oft_block_size",
    "coft",
    "eps",
    "block_share",
    "use_cayley_neumann",
    "num_cayley_neumann_terms",
    "rank_pattern",
    "alpha_pattern",
    NULL,
};
static const char *const of_boft[] = {
    "boft_block_size", "boft_block_num", "boft_n_butterfly_factor", "boft_dropout", NULL,
};

static const struct type {
    const char *name;
    const char *const *keys;
    enum role first, last; // of its tensors; ROLES: none of layers.h
} type_table[] = {
    {"LORA", of_lora, ROLE_DOWN, ROLE_MAGNITUDE},
    {"LOHA", of_hadamard, ROLE_HADA_1A, ROLE_HADA_2T},
    {"LOKR", of_kronecker, ROLE_KRON_1, ROLE_KRON_2T},
    {"IA3", of_channels, ROLE_IA3, ROLE_IA3},
    {"OFT", of_oft, ROLES, ROLES},
    {"BOFT", of_boft, ROLES, ROLES},
};

static JsonNode *member_of(JsonObject *object, const char *prefix, const char *key)
{
    g_autofree char *name = g_strconcat(prefix, key, NULL);
    return json_object_get_member(object, name);
}

// null, false, 0, "", [] and {} are how a word says that it is not meant.
static bool is_on(JsonNode *node)
{
    if (!node || JSON_NODE_HOLDS_NULL(node)) {
        return false;
    }
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        return json_object_get_size(json_node_get_object(node)) > 0;
    }
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        return json_array_get_length(json_node_get_array(node)) > 0;
    }
    switch (json_node_get_value_type(node)) {
    case G_TYPE_BOOLEAN: return json_node_get_boolean(node);
    case G_TYPE_STRING: return *json_node_get_string(node) != '\0';
    default: return json_node_get_double(node) != 0;
    }
}

static const char *text_of(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

// ---- the method ---------------------------------------------------------------------------------

static const struct type *find_type(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(type_table); i++) {
        if (g_str_equal(type_table[i].name, name)) {
            return &type_table[i];
        }
    }
    return NULL;
}

static bool has_tensors(const struct adapter_source *s, const struct type *t)
{
    return t->first == ROLES || source_has_role(s, "", t->first, t->last);
}

const char *peft_config_type(const struct adapter_source *s, JsonObject *object, const char *prefix,
                             const char *const *types)
{
    JsonNode *node = member_of(object, prefix, "peft_type");
    if (node) {
        const char *name = text_of(node);
        return name ? name : "";
    }
    while (*types && !has_tensors(s, find_type(*types))) {
        types++;
    }
    return *types;
}

static bool check_type(const struct adapter_source *s, const char *name, const char *const *types,
                       GError **error)
{
    if (!g_strv_contains(types, name)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "peft_type is \"%.40s\", and tensors of these names are read as %s%s", name,
                    types[0], types[1] ? " and its relatives" : "");
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(type_table); i++) {
        const struct type *t = &type_table[i];
        if (t->first != ROLES && has_tensors(s, t) != (t == find_type(name))) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                        "peft_type is \"%s\", but %s tensors of %s", name,
                        has_tensors(s, t) ? "there are" : "there are no", t->name);
            return false;
        }
    }
    return true;
}

// ---- what it says -------------------------------------------------------------------------------

static bool check_beginning(JsonObject *object, const char *prefix, GError **error)
{
    static const char *const harmless[] = {"gaussian", "eva", "orthogonal",
                                           NULL}; // only B A begins so
    const char *way = text_of(member_of(object, prefix, "init_lora_weights"));
    if (way && !g_strv_contains(harmless, way)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "init_lora_weights is \"%.40s\": the adapter belongs to weights from which its "
                    "beginning was taken out; PEFT converts it with "
                    "path_initial_model_for_weight_conversion",
                    way);
        return false;
    }
    return true;
}

static bool check_more(JsonObject *object, const char *prefix, GError **error)
{
    for (const char *const *key = more_than_lora; *key; key++) {
        if (is_on(member_of(object, prefix, *key))) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                        "%s: more than LoRA's two factors, which this program does not apply",
                        *key);
            return false;
        }
    }
    return true;
}

// DoRA's magnitudes and LoRA's biases are there or not, whatever the configuration says.
static bool check_tensors(const struct adapter_source *s, JsonObject *object, const char *prefix,
                          GPtrArray *notes, GError **error)
{
    const bool dora = is_on(member_of(object, prefix, "use_dora"));
    if (dora && !source_has_role(s, "", ROLE_MAGNITUDE, ROLE_MAGNITUDE)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "use_dora is true, but there are no magnitudes (lora_magnitude_vector)");
        return false;
    }
    if (!dora && source_has_role(s, "", ROLE_MAGNITUDE, ROLE_MAGNITUDE)) {
        g_ptr_array_add(notes, g_strdup("there are magnitudes though use_dora is not true; they "
                                        "are applied"));
    }
    if (!is_on(member_of(object, prefix, "lora_bias")) &&
        source_has_role(s, "", ROLE_UP_BIAS, ROLE_UP_BIAS)) {
        g_ptr_array_add(notes, g_strdup("there are biases though lora_bias is not true; they are "
                                        "applied"));
    }
    return true;
}

static bool is_known(const struct type *t, const char *key)
{
    return g_strv_contains(of_all, key) || g_strv_contains(t->keys, key) ||
           (t->keys == of_lora && g_strv_contains(more_than_lora, key));
}

#define NAMED 3 // of the words that are not known

static void note_unknown(JsonObject *object, const char *prefix, const struct type *t,
                         GPtrArray *notes)
{
    g_autoptr(GList) keys = json_object_get_members(object);
    g_autoptr(GString) names = g_string_new("");
    int count = 0;
    for (GList *k = keys; k; k = k->next) {
        const char *key = k->data;
        if (!g_str_has_prefix(key, prefix) || (!*prefix && strchr(key, '.'))) {
            continue;
        }
        key += strlen(prefix);
        if (!is_known(t, key) && is_on(json_object_get_member(object, k->data)) &&
            count++ < NAMED) {
            g_string_append_printf(names, "%s%.40s", names->len ? ", " : "", key);
        }
    }
    if (count > 0) {
        g_ptr_array_add(notes, g_strdup_printf("%s%s of the configuration %s not known and passed "
                                               "over; the file may act otherwise in other programs",
                                               names->str, count > NAMED ? " and more" : "",
                                               count > 1 ? "are" : "is"));
    }
}

bool peft_config_check(const struct adapter_source *s, JsonObject *object, const char *prefix,
                       const char *const *types, GPtrArray *notes, GError **error)
{
    const char *name = peft_config_type(s, object, prefix, types);
    if (!name) {
        return true;
    }
    if (!check_type(s, name, types, error)) {
        return false;
    }
    const struct type *t = find_type(name);
    note_unknown(object, prefix, t, notes);
    return t->keys != of_lora ||
           (check_beginning(object, prefix, error) && check_more(object, prefix, error) &&
            check_tensors(s, object, prefix, notes, error));
}

bool peft_config_check_source(const struct adapter_source *s, const char *const *types,
                              GPtrArray *notes, GError **error)
{
    if (s->config &&
        !peft_config_check(s, json_node_get_object(s->config), "", types, notes, error)) {
        g_prefix_error(error, "%s: in adapter_config.json, ", s->path);
        return false;
    }
    return true;
}
