#include "compute/adapter/dialect/peft_config.h"

#include "compute/adapter/dialect/layers.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

// The words of PEFT 0.21 and before it, by method, with what their values are; what each does was
// looked up in its tuner. What is in no list may change anything.
enum {
    FLAG = 1,
    NUMBER = 2,
    TEXT = 4,
    LIST = 8,
    TABLE = 16,
    NUMBERS = 32, // a table of numbers
    OBEYED = 64,  // a value of another kind would leave open how the adapter acts
};
struct word {
    const char *name;
    unsigned kind;
};

// Where layers are, how they are trained or began, where the model was from.
static const struct word of_all[] = {
    {"task_type", TEXT},
    {"peft_type", TEXT},
    {"auto_mapping", TABLE},
    {"peft_version", TEXT},
    {"base_model_name_or_path", TEXT},
    {"revision", TEXT},
    {"target_modules", TEXT | LIST},
    {"exclude_modules", TEXT | LIST},
    {"bias", TEXT},
    {"layers_to_transform", NUMBER | LIST},
    {"layers_pattern", TEXT | LIST},
    {"modules_to_save", LIST}, // whole modules and biases are tensors, and told
    {"inference_mode", FLAG},
    {"init_weights", FLAG | TEXT},
    {"module_dropout", NUMBER},
    {"fan_in_fan_out", FLAG}, // PEFT itself takes it back for linear layers
    {NULL},
};

// Obeyed (lora_config.c), said by the tensors, or of the training alone.
static const struct word of_lora[] = {
    {"r", NUMBER}, // the tensors have it
    {"lora_alpha", NUMBER | OBEYED},
    {"rank_pattern", NUMBERS},
    {"alpha_pattern", NUMBERS | OBEYED},
    {"use_rslora", FLAG | OBEYED},
    {"use_dora", FLAG},
    {"lora_bias", FLAG},
    {"target_parameters", LIST},
    {"trainable_token_indices", LIST | TABLE},
    {"ensure_weight_tying", FLAG},
    {"init_lora_weights", FLAG | TEXT | OBEYED}, // checked below
    {"lora_dropout", NUMBER},
    {"loftq_config", TABLE},
    {"eva_config", TABLE},
    {"corda_config", TABLE},
    {"lora_ga_config", TABLE},
    {"velora_config", TABLE},
    {"monteclora_config", TABLE},
    {"runtime_config", TABLE},
    {"qalora_group_size", NUMBER}, // of use_qalora
    {"megatron_config", TABLE},
    {"megatron_core", TEXT},
    {NULL},
};
static const struct word of_hadamard[] = {
    {"r", NUMBER},
    {"alpha", NUMBER | OBEYED},
    {"rank_pattern", NUMBERS},
    {"alpha_pattern", NUMBERS | OBEYED},
    {"rank_dropout", NUMBER},
    {"use_effective_conv2d", FLAG},
    {NULL},
};
static const struct word of_kronecker[] = {
    {"r", NUMBER | OBEYED}, // two whole factors have no rank
    {"alpha", NUMBER | OBEYED},
    {"rank_pattern", NUMBERS | OBEYED},
    {"alpha_pattern", NUMBERS | OBEYED},
    {"rank_dropout", NUMBER},
    {"rank_dropout_scale", FLAG},
    {"use_effective_conv2d", FLAG},
    {"decompose_both", FLAG},
    {"decompose_factor", NUMBER},
    {NULL},
};
// More than the tensors of LoRA say.
static const char *const more_than_lora[] = {
    "kasa_config", "arrow_config",      "use_bdlora",
    "use_qalora",  "layer_replication", "alora_invocation_tokens",
    NULL};
static const struct word of_channels[] = {
    {"feedforward_modules", TEXT | LIST},
    {"init_ia3_weights", FLAG},
    {NULL},
};
static const struct word of_oft[] = {
    {"r", NUMBER},
    {"oft_block_size", NUMBER},
    {"coft", FLAG | OBEYED},
    {"eps", NUMBER | OBEYED},
    {"block_share", FLAG},
    {"use_cayley_neumann", FLAG | OBEYED},
    {"num_cayley_neumann_terms", NUMBER | OBEYED},
    {"peft_version", TEXT | OBEYED}, // the last term of the series
    {"rank_pattern", NUMBERS},
    {"alpha_pattern", NUMBERS},
    {NULL},
};
static const struct word of_boft[] = {
    {"boft_block_size", NUMBER},
    {"boft_block_num", NUMBER},
    {"boft_n_butterfly_factor", NUMBER},
    {"boft_dropout", NUMBER},
    {NULL},
};

static const struct type {
    const char *name;
    const struct word *words;
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
    if (!find_type(name)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("peft_type is \"%.40s\", a method that this program does not apply"), name);
        return false;
    }
    if (!g_strv_contains(types, name)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    types[1]
                        ? _("peft_type is \"%.40s\", and tensors of these names are read as %s and "
                            "its relatives")
                        : _("peft_type is \"%.40s\", and tensors of these names are read as %s"),
                    name, types[0]);
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(type_table); i++) {
        const struct type *t = &type_table[i];
        if (t->first != ROLES && has_tensors(s, t) != (t == find_type(name))) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                        has_tensors(s, t)
                            ? _("peft_type is \"%s\", but there are tensors of %s")
                            : _("peft_type is \"%s\", but there are no tensors of %s"),
                        name, t->name);
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
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("init_lora_weights is \"%.40s\": the adapter belongs to weights from which its "
              "beginning was taken out; PEFT converts it with "
              "path_initial_model_for_weight_conversion"),
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
                        _("%s: more than LoRA's two factors, which this program does not apply"),
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
                    _("use_dora is true, but there are no magnitudes (lora_magnitude_vector)"));
        return false;
    }
    if (!dora && source_has_role(s, "", ROLE_MAGNITUDE, ROLE_MAGNITUDE)) {
        g_ptr_array_add(notes, g_strdup(_("there are magnitudes though use_dora is not true; they "
                                          "are applied")));
    }
    if (!is_on(member_of(object, prefix, "lora_bias")) &&
        source_has_role(s, "", ROLE_UP_BIAS, ROLE_UP_BIAS)) {
        g_ptr_array_add(notes, g_strdup(_("there are biases though lora_bias is not true; they are "
                                          "applied")));
    }
    return true;
}

static const struct word *find_word(const struct type *t, const char *key)
{
    const struct word *const lists[] = {t->words, of_all};
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (const struct word *w = lists[i]; w->name; w++) {
            if (g_str_equal(w->name, key)) {
                return w;
            }
        }
    }
    return NULL;
}

static bool is_known(const struct type *t, const char *key)
{
    return find_word(t, key) || (t->words == of_lora && g_strv_contains(more_than_lora, key));
}

// A member's key without the prefix, NULL: it is of another network.
static const char *word_of(const char *key, const char *prefix)
{
    return !g_str_has_prefix(key, prefix) || (!*prefix && strchr(key, '.')) ? NULL
                                                                            : key + strlen(prefix);
}

#define NAMED 3 // of the words that are not known

static void note_unknown(JsonObject *object, const char *prefix, const struct type *t,
                         GPtrArray *notes)
{
    g_autoptr(GList) keys = json_object_get_members(object);
    g_autoptr(GString) names = g_string_new("");
    int count = 0;
    for (GList *k = keys; k; k = k->next) {
        const char *key = word_of(k->data, prefix);
        if (key && !is_known(t, key) && is_on(json_object_get_member(object, k->data)) &&
            count++ < NAMED) {
            g_string_append_printf(names, "%s%.40s", names->len ? ", " : "", key);
        }
    }
    if (count > 0) {
        g_ptr_array_add(
            notes,
            g_strdup_printf(
                count > NAMED
                    ? _("%s and more of the configuration are not known and passed over; the "
                        "file may act otherwise in other programs")
                    : P_("%s of the configuration is not known and passed over; the file may "
                         "act otherwise in other programs",
                         "%s of the configuration are not known and passed over; the file may "
                         "act otherwise in other programs",
                         count),
                names->str));
    }
}

// ---- what its values are ------------------------------------------------------------------------

static unsigned kind_of_value(JsonNode *node)
{
    switch (json_node_get_value_type(node)) {
    case G_TYPE_BOOLEAN: return FLAG;
    case G_TYPE_STRING: return TEXT;
    default: return isfinite(json_node_get_double(node)) ? NUMBER : 0;
    }
}

static unsigned kind_of_table(JsonObject *table)
{
    g_autoptr(GList) values = json_object_get_values(table);
    for (GList *v = values; v; v = v->next) {
        if (!JSON_NODE_HOLDS_VALUE((JsonNode *)v->data) || kind_of_value(v->data) != NUMBER) {
            return TABLE;
        }
    }
    return TABLE | NUMBERS;
}

// The kinds that a value is of. null is what PEFT writes for all that is not meant, but no number.
static unsigned kinds_of(JsonNode *node)
{
    switch (JSON_NODE_TYPE(node)) {
    case JSON_NODE_OBJECT: return kind_of_table(json_node_get_object(node));
    case JSON_NODE_ARRAY: return LIST;
    case JSON_NODE_NULL: return ~(unsigned)NUMBER;
    default: return kind_of_value(node);
    }
}

static char *kind_text(unsigned kind)
{
    static const char *const names[] = {N_("true or false"), N_("a number"),
                                        N_("a text"),        N_("a list"),
                                        N_("a table"),       N_("a table of numbers")};
    char *text = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (kind & 1u << i) {
            g_autofree char *before = text;
            text = before ? g_strdup_printf(C_("list", "%s or %s"), before, _(names[i]))
                          : g_strdup(_(names[i]));
        }
    }
    return text ? text : g_strdup("");
}

static bool check_value(const struct word *w, JsonNode *node, GPtrArray *notes, GError **error)
{
    if (kinds_of(node) & w->kind & ~(unsigned)OBEYED) {
        return true;
    }
    g_autofree char *kind = kind_text(w->kind);
    if (w->kind & OBEYED) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is not %s, and what the adapter does depends on it"), w->name, kind);
        return false;
    }
    g_ptr_array_add(
        notes,
        g_strdup_printf(_("%s of the configuration is not %s and is passed over"), w->name, kind));
    return true;
}

static bool check_values(JsonObject *object, const char *prefix, const struct type *t,
                         GPtrArray *notes, GError **error)
{
    g_autoptr(GList) keys = json_object_get_members(object);
    for (GList *k = keys; k; k = k->next) {
        const char *key = word_of(k->data, prefix);
        const struct word *w = key ? find_word(t, key) : NULL;
        if (w && !check_value(w, json_object_get_member(object, k->data), notes, error)) {
            return false;
        }
    }
    return true;
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
    return check_values(object, prefix, t, notes, error) &&
           (t->words != of_lora ||
            (check_beginning(object, prefix, error) && check_more(object, prefix, error) &&
             check_tensors(s, object, prefix, notes, error)));
}

bool peft_config_check_source(const struct adapter_source *s, const char *const *types,
                              GPtrArray *notes, GError **error)
{
    if (s->config_fault) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s; without it nothing says how strong the adapter is"), s->config_fault);
        return false;
    }
    if (s->config &&
        !peft_config_check(s, json_node_get_object(s->config), "", types, notes, error)) {
        g_prefix_error(error, _("%s: in adapter_config.json, "), s->path);
        return false;
    }
    return true;
}
