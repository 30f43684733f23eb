#include "compute/adapter/dialect/lora_config.h"

#include "compute/error.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

// PEFT looks a layer up in alpha_pattern and rank_pattern by
// re.match(r"(.*\.)?(KEY)$", path), the first key that matches (get_pattern_key). Most keys are
// plain names; regular expressions cost time, and a file must not be able to ask for any amount.
#define MAX_KEY         512
#define MAX_EXPRESSIONS 64
#define LIMITED         "(*LIMIT_MATCH=5000)^(?:.*\\.)?(?:%s)$"

struct pattern {
    char *key;
    GRegex *regex; // NULL: key is a plain name, in which a dot is any character
    double value;
};

struct lora_config {
    double alpha, rank;
    bool rank_said, rank_stabilized;
    GPtrArray *alphas, *ranks; // struct pattern *
    GPtrArray *notes;          // char *, the caller's
};

static void pattern_free(struct pattern *p)
{
    g_clear_pointer(&p->regex, g_regex_unref);
    g_free(p->key);
    g_free(p);
}

static bool is_plain(const char *key)
{
    return strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
           strlen(key);
}

static bool node_number(JsonNode *node, double *value)
{
    const GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : 0;
    if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64) {
        return false;
    }
    *value = json_node_get_double(node);
    return isfinite(*value);
}

static JsonNode *member_of(JsonObject *object, const char *prefix, const char *key)
{
    g_autofree char *name = g_strconcat(prefix, key, NULL);
    return json_object_get_member(object, name);
}

// Whether there is a number; value stays where there is none.
static bool number(JsonObject *object, const char *prefix, const char *key, double *value)
{
    return node_number(member_of(object, prefix, key), value);
}

static struct pattern *pattern_new(const char *key, JsonNode *node, int *expressions)
{
    double value = 0;
    GRegex *regex = NULL;
    if (!node_number(node, &value) || strlen(key) > MAX_KEY) {
        return NULL;
    }
    if (!is_plain(key)) {
        g_autofree char *text = g_strdup_printf(LIMITED, key);
        regex = ++*expressions <= MAX_EXPRESSIONS ? g_regex_new(text, 0, 0, NULL) : NULL;
        if (!regex) {
            return NULL;
        }
    }
    struct pattern *p = g_new0(struct pattern, 1);
    *p = (struct pattern){g_strdup(key), regex, value};
    return p;
}

static GPtrArray *patterns(JsonObject *object, const char *prefix, const char *key,
                           GPtrArray *notes)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)pattern_free);
    JsonNode *node = member_of(object, prefix, key);
    JsonObject *table = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    g_autoptr(GList) keys = table ? json_object_get_members(table) : NULL;
    int expressions = 0, passed = 0;
    for (GList *k = keys; k; k = k->next) {
        struct pattern *p =
            pattern_new(k->data, json_object_get_member(table, k->data), &expressions);
        if (p) {
            g_ptr_array_add(list, p);
        } else {
            passed++;
        }
    }
    if (passed) {
        g_ptr_array_add(notes, g_strdup_printf(P_("%d entry of %s%s in the configuration cannot be "
                                                  "used and is passed over",
                                                  "%d entries of %s%s in the configuration cannot "
                                                  "be used and are passed over",
                                                  passed),
                                               passed, prefix, key));
    }
    return list;
}

struct lora_config *lora_config_new(JsonObject *object, const char *prefix, const char *alpha_key,
                                    GPtrArray *notes)
{
    struct lora_config *c = g_new0(struct lora_config, 1);
    g_autofree char *stabilized = g_strconcat(prefix, "use_rslora", NULL);
    c->alpha = c->rank = 8; // PEFT's defaults
    c->rank_said = number(object, prefix, "r", &c->rank);
    number(object, prefix, alpha_key, &c->alpha);
    c->rank_stabilized = json_object_get_boolean_member_with_default(object, stabilized, FALSE);
    c->notes = notes;
    c->alphas = patterns(object, prefix, "alpha_pattern", notes);
    c->ranks = patterns(object, prefix, "rank_pattern", notes);
    return c;
}

void lora_config_free(struct lora_config *c)
{
    if (!c) {
        return;
    }
    g_ptr_array_unref(c->alphas);
    g_ptr_array_unref(c->ranks);
    g_free(c);
}

static bool matches(const struct pattern *p, const char *path)
{
    if (p->regex) {
        return g_regex_match(p->regex, path, 0, NULL);
    }
    const size_t length = strlen(path), key = strlen(p->key);
    if (key > length || (key < length && path[length - key - 1] != '.')) {
        return false;
    }
    const char *end = path + length - key;
    for (size_t i = 0; i < key; i++) {
        if (p->key[i] != '.' && p->key[i] != end[i]) {
            return false;
        }
    }
    return true;
}

static double look_up(const GPtrArray *list, const char *path, double otherwise)
{
    for (guint i = 0; i < list->len; i++) {
        const struct pattern *p = list->pdata[i];
        if (matches(p, path)) {
            return p->value;
        }
    }
    return otherwise;
}

// Once: where one layer's rank is another, all may be.
static void note_rank(struct lora_config *c, const char *path, int rank, double said)
{
    if (c->rank_said && rank > 0 && rank != said) {
        g_ptr_array_add(c->notes,
                        g_strdup_printf(_("the rank of %s is %d, and not %g as the "
                                          "configuration says; its tensors' own is taken"),
                                        path, rank, said));
        c->rank_said = false;
    }
}

double lora_config_scale(struct lora_config *c, const struct file_layer *layer, int rank)
{
    const char *name = layer->weight->name;
    g_autofree char *path = g_strndup(name, (gsize)(strrchr(name, '.') - name));
    const double said = look_up(c->ranks, path, c->rank);
    const double r = rank > 0 ? rank : said;
    note_rank(c, path, rank, said);
    const double alpha = look_up(c->alphas, path, c->alpha);
    return r > 0 ? alpha / (c->rank_stabilized ? sqrt(r) : r) : 1;
}
