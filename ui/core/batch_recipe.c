#include "ui/core/batch_recipe.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/replace.h"
#include "ui/core/engine.h"
#include "ui/core/export_options.h"
#include "ui/core/plain_text.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KIND          "tincture-batch-recipe"
#define VERSION       1
#define MAX_BYTES     (1 << 20)
#define MOST_ADAPTERS 64

void batch_plan_init(struct batch_plan *plan)
{
    *plan = (struct batch_plan){.adapters = g_ptr_array_new_with_free_func(g_free),
                                .options = settings_new(export_settings)};
    document_init(&plan->document);
}

void batch_plan_clear(struct batch_plan *plan)
{
    document_clear(&plan->document);
    g_ptr_array_unref(plan->adapters);
    settings_free(plan->options);
    *plan = (struct batch_plan){0};
}

// ---- adapters -----------------------------------------------------------------------------------

static bool parse_use(const char *text, struct engine_adapter *use)
{
    const char *slash = strrchr(text, '/'), *colon = strrchr(slash ? slash : text, ':');
    char *end = NULL;
    *use = (struct engine_adapter){.scale = 1, .enabled = true};
    if (!colon) {
        use->path = g_strdup(text);
        return true;
    }
    use->scale = g_ascii_strtod(colon + 1, &end);
    int read = 0;
    const bool ranged = *end == '@' && sscanf(end, "@%d-%d%n", &use->from, &use->to, &read) == 2;
    if (end == colon + 1 || end[ranged ? read : 0] != '\0') {
        return false;
    }
    use->path = g_strndup(text, (gsize)(colon - text));
    return true;
}

GArray *batch_plan_uses(const struct batch_plan *plan, GError **error)
{
    g_autoptr(GArray) uses = engine_adapters_new();
    for (guint i = 0; i < plan->adapters->len; i++) {
        struct engine_adapter use;
        if (!parse_use(plan->adapters->pdata[i], &use)) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                        _("%s: strengths by groups of layers are for the command line alone"),
                        (const char *)plan->adapters->pdata[i]);
            return NULL;
        }
        g_array_append_val(uses, use);
    }
    return g_steal_pointer(&uses);
}

void batch_plan_take_uses(struct batch_plan *plan, const GArray *uses)
{
    g_ptr_array_set_size(plan->adapters, 0);
    for (guint i = 0; i < uses->len; i++) {
        const struct engine_adapter *use = &g_array_index(uses, struct engine_adapter, i);
        char scale[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(scale, sizeof scale, "%.6g", use->scale);
        g_autofree char *range =
            use->from > 0 || use->to > 0
                ? g_strdup_printf("@%d-%d", use->from, use->to > 0 ? use->to : DOCUMENT_TIME_STEPS)
                : g_strdup("");
        if (use->enabled) {
            g_ptr_array_add(plan->adapters, g_strdup_printf("%s:%s%s", use->path, scale, range));
        }
    }
}

// ---- writing ------------------------------------------------------------------------------------

static void add_text(JsonBuilder *b, const char *key, const char *text)
{
    json_builder_set_member_name(b, key);
    json_builder_add_string_value(b, text ? text : "");
}

static void add_settings(JsonBuilder *b, const char *key, const struct settings *s)
{
    json_builder_set_member_name(b, key);
    json_builder_begin_object(b);
    settings_write_json(s, b);
    json_builder_end_object(b);
}

static void write_json(const struct batch_plan *plan, JsonBuilder *b)
{
    const struct document *d = &plan->document;
    json_builder_begin_object(b);
    add_text(b, "kind", KIND);
    json_builder_set_member_name(b, "version");
    json_builder_add_int_value(b, VERSION);
    add_text(b, "source_prompt", d->source_prompt);
    add_text(b, "prompt", d->prompt);
    add_text(b, "negative", d->negative);
    json_builder_set_member_name(b, "seed");
    json_builder_add_int_value(b, (gint64)d->seed);
    add_settings(b, "edit", d->edit);
    json_builder_set_member_name(b, "learns");
    json_builder_add_boolean_value(b, plan->learns);
    json_builder_set_member_name(b, "learn_seed");
    json_builder_add_int_value(b, (gint64)d->learn_seed);
    add_settings(b, "learn", d->learn);
    json_builder_set_member_name(b, "adapters");
    json_builder_begin_array(b);
    for (guint i = 0; i < plan->adapters->len; i++) {
        json_builder_add_string_value(b, plan->adapters->pdata[i]);
    }
    json_builder_end_array(b);
    add_settings(b, "export", plan->options);
    json_builder_end_object(b);
}

bool batch_plan_write(const struct batch_plan *plan, const char *path, GError **error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    write_json(plan, b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, TRUE);
    g_autofree char *file = g_strconcat(text, "\n", NULL);
    if (!replacement_whole(path, file, strlen(file), error)) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    return true;
}

// ---- reading ------------------------------------------------------------------------------------

static JsonNode *value_of(JsonObject *o, const char *key, GType type)
{
    JsonNode *node = json_object_get_member(o, key);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node
                                                                                         : NULL;
}

static void read_sentence(JsonObject *o, const char *key, char **to)
{
    JsonNode *node = value_of(o, key, G_TYPE_STRING);
    if (node) {
        g_free(*to);
        *to = plain_sentence(json_node_get_string(node));
    }
}

static void read_seed(JsonObject *o, const char *key, uint64_t *to)
{
    JsonNode *node = value_of(o, key, G_TYPE_INT64);
    if (node && json_node_get_int(node) >= 0) {
        *to = (uint64_t)json_node_get_int(node);
    }
}

// A value as a person writes it; newly allocated. NULL: it is none.
static char *text_of(JsonNode *node)
{
    if (!JSON_NODE_HOLDS_VALUE(node)) {
        return NULL;
    }
    switch (json_node_get_value_type(node)) {
    case G_TYPE_BOOLEAN: return g_strdup(json_node_get_boolean(node) ? "on" : "off");
    case G_TYPE_STRING: return g_strdup(json_node_get_string(node));
    default: return json_to_string(node, FALSE);
    }
}

// Everything that the file says is known and within its limits: a recipe of which a part is left
// out makes other pictures.
static bool check_settings(JsonObject *o, const struct settings *like, GError **error)
{
    JsonObjectIter i;
    const char *key;
    JsonNode *node;
    bool ok = true;
    struct settings *trial = settings_copy(like);
    settings_read_json(trial, o); // the choices, on which depends what else there may be
    json_object_iter_init(&i, o);
    while (ok && json_object_iter_next(&i, &key, &node)) {
        g_autofree char *text = text_of(node);
        if (JSON_NODE_HOLDS_OBJECT(node)) { // rows of a member that is chosen
            JsonObjectIter rows;
            const char *row;
            json_object_iter_init(&rows, json_node_get_object(node));
            while (ok && json_object_iter_next(&rows, &row, &node)) {
                g_autofree char *value = text_of(node);
                ok = !settings_find(trial, row, NULL) ||
                     settings_parse(trial, row, value ? value : "", error);
            }
        } else {
            ok = settings_parse(trial, key, text ? text : "", error);
        }
    }
    settings_free(trial);
    return ok;
}

static bool read_settings(JsonObject *o, const char *key, struct settings *s, GError **error)
{
    JsonNode *node = json_object_get_member(o, key);
    if (!node || !JSON_NODE_HOLDS_OBJECT(node)) {
        return true;
    }
    if (!check_settings(json_node_get_object(node), s, error)) {
        return false;
    }
    settings_read_json(s, json_node_get_object(node));
    return true;
}

static void read_adapters(JsonObject *o, GPtrArray *to)
{
    JsonNode *node = json_object_get_member(o, "adapters");
    JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    const guint n = array ? MIN(json_array_get_length(array), MOST_ADAPTERS) : 0;
    for (guint i = 0; i < n; i++) {
        JsonNode *text = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_VALUE(text) && json_node_get_value_type(text) == G_TYPE_STRING) {
            g_ptr_array_add(to, g_strdup(json_node_get_string(text)));
        }
    }
}

static bool read_json(struct batch_plan *plan, JsonObject *o, GError **error)
{
    struct document *d = &plan->document;
    JsonNode *learns = value_of(o, "learns", G_TYPE_BOOLEAN);
    read_sentence(o, "source_prompt", &d->source_prompt);
    read_sentence(o, "prompt", &d->prompt);
    read_sentence(o, "negative", &d->negative);
    read_seed(o, "seed", &d->seed);
    read_seed(o, "learn_seed", &d->learn_seed);
    read_adapters(o, plan->adapters);
    plan->learns = learns && json_node_get_boolean(learns);
    return read_settings(o, "edit", d->edit, error) && read_settings(o, "learn", d->learn, error) &&
           read_settings(o, "export", plan->options, error);
}

// Of a file that is one, or NULL with an error.
static JsonNode *read_root(const char *path, GError **error)
{
    GStatBuf info;
    g_autofree char *text = NULL;
    gsize size = 0;
    const bool there = g_stat(path, &info) == 0; // a pipe would be waited for
    const bool readable = !there || (S_ISREG(info.st_mode) && info.st_size <= MAX_BYTES);
    if (readable && !g_file_get_contents(path, &text, &size, error)) {
        return NULL;
    }
    g_autoptr(JsonNode) root =
        text && g_utf8_validate(text, (gssize)size, NULL) ? json_from_string(text, NULL) : NULL;
    JsonObject *o = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonNode *kind = o ? value_of(o, "kind", G_TYPE_STRING) : NULL;
    JsonNode *version = o ? value_of(o, "version", G_TYPE_INT64) : NULL;
    if (!kind || g_strcmp0(json_node_get_string(kind), KIND) != 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s is no recipe of a batch"),
                    path);
        return NULL;
    }
    if (!version || json_node_get_int(version) != VERSION) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is a recipe of another version of this program"), path);
        return NULL;
    }
    return g_steal_pointer(&root);
}

bool batch_plan_read(struct batch_plan *plan, const char *path, GError **error)
{
    batch_plan_init(plan);
    g_autoptr(JsonNode) root = read_root(path, error);
    if (root && !read_json(plan, json_node_get_object(root), error)) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    return root != NULL;
}

bool batch_plan_is(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root = read_root(path, &error);
    return root || g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
}
