// Settings: tables, values, their text and their JSON. See settings.h.
#include "compute/settings.h"

#include "compute/error.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

static int table_rows(const struct setting *table)
{
    int n = 0;
    while (table && table[n].key) {
        n++;
    }
    return n;
}

const struct member *family_find(family_fn family, const char *name)
{
    for (int i = 0; family(i); i++) {
        if (g_strcmp0(family(i)->name, name) == 0) {
            return family(i);
        }
    }
    return NULL;
}

// ---- one row ------------------------------------------------------------------------------------

int setting_choices(const struct setting *row)
{
    int n = 0;
    while (row->family ? row->family(n) != NULL : row->choices && row->choices[n] != NULL) {
        n++;
    }
    return n;
}

const char *setting_choice_name(const struct setting *row, int i)
{
    return row->family ? row->family(i)->name : row->choices[i];
}

const char *setting_choice_title(const struct setting *row, int i)
{
    return row->family ? row->family(i)->title : row->choices[i];
}

// The legal range as stored in the row; switches and choices have theirs by nature.
static void legal_range(const struct setting *row, double *min, double *max)
{
    *min = row->min;
    *max = row->max;
    if (row->kind == SETTING_SWITCH || row->kind == SETTING_CHOICE) {
        *min = 0;
        *max = row->kind == SETTING_SWITCH ? 1 : setting_choices(row) - 1.0;
    }
}

bool setting_check(const struct setting *row, double value, GError **error)
{
    double min, max;
    legal_range(row, &min, &max);
    const bool whole = row->kind != SETTING_FLOAT;
    // Written so that NaN fails.
    if (value >= min && value <= max && (!whole || value == floor(value))) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                whole ? _("%s: %.9g is not a whole number from %g to %g")
                      : _("%s: %.9g is not a number from %g to %g"),
                row->key, value, min, max);
    return false;
}

static bool parse_switch(const struct setting *row, const char *text, double *value, GError **error)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"no", "yes"}, {"false", "true"}, {"0", "1"}};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        for (int on = 0; on < 2; on++) {
            if (!g_ascii_strcasecmp(text, words[i][on])) {
                *value = on;
                return true;
            }
        }
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                _("%s: '%s' is neither 'on' nor 'off'"), row->key, text);
    return false;
}

static bool parse_choice(const struct setting *row, const char *text, double *value, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (int i = 0; i < setting_choices(row); i++) {
        const char *name = setting_choice_name(row, i);
        if (g_str_equal(name, text)) {
            *value = i;
            return true;
        }
        g_string_append_printf(all, "%s%s", i ? ", " : "", name);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, _("%s: '%s' is not one of %s"),
                row->key, text, all->str);
    return false;
}

bool setting_parse(const struct setting *row, const char *text, double *value, GError **error)
{
    if (row->kind == SETTING_SWITCH) {
        return parse_switch(row, text, value, error);
    }
    if (row->kind == SETTING_CHOICE) {
        return parse_choice(row, text, value, error);
    }
    char *end = NULL;
    const double parsed = g_ascii_strtod(text, &end);
    // Hexadecimal numbers and blanks in front are read, too, and nobody means them.
    if (end == text || *end || strpbrk(text, "xX \t")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, _("%s: '%s' is not a number"),
                    row->key, text);
        return false;
    }
    if (!setting_check(row, parsed, error)) {
        return false;
    }
    *value = parsed;
    return true;
}

char *setting_print(const struct setting *row, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    switch (row->kind) {
    case SETTING_SWITCH: return g_strdup(value != 0 ? "on" : "off");
    case SETTING_CHOICE: return g_strdup(setting_choice_name(row, (int)value));
    case SETTING_INT: return g_strdup_printf("%.0f", value);
    case SETTING_FLOAT: break;
    }
    // Few digits where they give the value back exactly, all of them otherwise.
    g_ascii_formatd(text, sizeof text, "%.6g", value);
    if (g_ascii_strtod(text, NULL) != value) {
        g_ascii_dtostr(text, sizeof text, value);
    }
    return g_strdup(text);
}

bool settings_walk(const struct setting *table, setting_fn fn, void *data)
{
    for (const struct setting *row = table; row && row->key; row++) {
        if (!fn(row, NULL, data)) {
            return false;
        }
        for (int i = 0; row->family && row->family(i); i++) {
            const struct member *member = row->family(i);
            for (const struct setting *own = member->settings; own && own->key; own++) {
                if (!fn(own, member, data)) {
                    return false;
                }
            }
        }
    }
    return true;
}

// ---- making -------------------------------------------------------------------------------------

struct settings *settings_new(const struct setting *table)
{
    const int n = table_rows(table);
    struct settings *s = g_new0(struct settings, 1);
    s->table = table;
    s->values = g_new0(double, n);
    s->members = g_new0(struct settings **, n);
    for (int i = 0; i < n; i++) {
        s->values[i] = table[i].def;
        if (!table[i].family) {
            continue;
        }
        s->members[i] = g_new0(struct settings *, setting_choices(&table[i]) + 1);
        for (int k = 0; table[i].family(k); k++) {
            s->members[i][k] = settings_new(table[i].family(k)->settings);
        }
    }
    return s;
}

void settings_free(struct settings *s)
{
    if (!s) {
        return;
    }
    for (int i = 0; i < table_rows(s->table); i++) {
        for (int k = 0; s->members[i] && s->members[i][k]; k++) {
            settings_free(s->members[i][k]);
        }
        g_free(s->members[i]);
    }
    g_free(s->members);
    g_free(s->values);
    g_free(s);
}

void settings_assign(struct settings *to, const struct settings *from)
{
    g_return_if_fail(to->table == from->table);
    for (int i = 0; i < table_rows(from->table); i++) {
        to->values[i] = from->values[i];
        for (int k = 0; from->members[i] && from->members[i][k]; k++) {
            settings_assign(to->members[i][k], from->members[i][k]);
        }
    }
}

void settings_follow(struct settings *s, const struct settings *before,
                     const struct settings *after)
{
    g_return_if_fail(s->table == before->table && s->table == after->table);
    for (int i = 0; i < table_rows(s->table); i++) {
        s->values[i] = s->values[i] == before->values[i] ? after->values[i] : s->values[i];
        for (int k = 0; s->members[i] && s->members[i][k]; k++) {
            settings_follow(s->members[i][k], before->members[i][k], after->members[i][k]);
        }
    }
}

struct settings *settings_copy(const struct settings *s)
{
    struct settings *copy = settings_new(s->table);
    settings_assign(copy, s);
    return copy;
}

// ---- rows ---------------------------------------------------------------------------------------

// Counts *i down over the rows of s that count; the row where it comes to nothing.
static const struct setting *row_at(const struct settings *s, int *i, struct settings **owner)
{
    for (int k = 0; k < table_rows(s->table); k++) {
        if ((*i)-- == 0) {
            if (owner) {
                *owner = (struct settings *)s;
            }
            return &s->table[k];
        }
        if (s->members[k]) {
            const struct setting *found = row_at(s->members[k][(int)s->values[k]], i, owner);
            if (found) {
                return found;
            }
        }
    }
    return NULL;
}

const struct setting *settings_row(const struct settings *s, int i, struct settings **owner)
{
    return row_at(s, &i, owner);
}

const struct setting *settings_find(const struct settings *s, const char *key,
                                    struct settings **owner)
{
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, owner)); i++) {
        if (g_str_equal(row->key, key) || g_strcmp0(row->former, key) == 0) {
            return row;
        }
    }
    return NULL;
}

static double *value_of(const struct setting *row, struct settings *owner)
{
    return &owner->values[row - owner->table];
}

// ---- values -------------------------------------------------------------------------------------

// For code that names a row: one that is not there is a mistake of the program.
static const struct setting *row_named(const struct settings *s, const char *key,
                                       struct settings **owner)
{
    const struct setting *row = settings_find(s, key, owner);
    if (!row) {
        g_error("no setting '%s' counts here", key);
    }
    return row;
}

// The row of s whose chosen member has the settings of owner; NULL: owner is s itself.
static const struct setting *choice_of(const struct settings *s, const struct settings *owner)
{
    for (int i = 0; i < table_rows(s->table); i++) {
        if (s->members[i] && s->members[i][(int)s->values[i]] == owner) {
            return &s->table[i];
        }
    }
    return NULL;
}

bool settings_matters(const struct settings *s, const char *key)
{
    struct settings *owner;
    const struct setting *row = row_named(s, key, &owner), *choice = choice_of(s, owner);
    return (!row->matters || row->matters(s)) &&
           (!choice || !choice->matters || choice->matters(s));
}

// Whether it would with that row's default. The default may choose a member that has no such key.
static bool would_matter(struct settings *tried, const struct setting *row, const char *key)
{
    struct settings *owner;
    if (settings_find(tried, row->key, &owner) == row) {
        *value_of(row, owner) = row->def;
    }
    return settings_find(tried, key, NULL) && settings_matters(tried, key);
}

const struct setting *settings_hindrance(const struct settings *s, const char *key)
{
    struct settings *tried = settings_copy(s);
    const struct setting *row, *found = NULL;
    const bool idle = !settings_matters(s, key);
    for (int i = 0; idle && !found && (row = settings_row(s, i, NULL)); i++) {
        settings_assign(tried, s);
        found = !g_str_equal(row->key, key) && would_matter(tried, row, key) ? row : NULL;
    }
    settings_free(tried);
    return found;
}

double settings_get(const struct settings *s, const char *key)
{
    struct settings *owner;
    const struct setting *row = row_named(s, key, &owner);
    return *value_of(row, owner);
}

int settings_int(const struct settings *s, const char *key)
{
    return (int)lround(settings_get(s, key));
}

const char *settings_choice(const struct settings *s, const char *key)
{
    struct settings *owner;
    const struct setting *row = row_named(s, key, &owner);
    return setting_choice_name(row, (int)*value_of(row, owner));
}

struct settings *settings_member(const struct settings *s, const char *key)
{
    struct settings *owner;
    const struct setting *row = row_named(s, key, &owner);
    return owner->members[row - owner->table][(int)*value_of(row, owner)];
}

static bool has_row(const struct member *m, const char *key)
{
    const struct setting *row = m->settings;
    while (row && row->key && !g_str_equal(row->key, key)) {
        row++;
    }
    return row && row->key;
}

// The members of a choice that have such a row: "ddim and tcd". Newly allocated; NULL: none.
static char *members_with(const struct setting *choice, const char *key)
{
    char *names = NULL;
    for (int i = 0; choice->family && choice->family(i); i++) {
        const char *name = choice->family(i)->name;
        if (has_row(choice->family(i), key)) {
            g_autofree char *before = names;
            names =
                before ? g_strdup_printf(C_("list", "%s and %s"), before, name) : g_strdup(name);
        }
    }
    return names;
}

// The row to change, or an error that says where it belongs.
static const struct setting *row_to_change(struct settings *s, const char *key,
                                           struct settings **owner, GError **error)
{
    const struct setting *row = settings_find(s, key, owner);
    if (row) {
        return row;
    }
    for (const struct setting *r = s->table; r && r->key; r++) {
        g_autofree char *names = members_with(r, key);
        if (names) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("'%s' is a setting of the %s %s, not of %s"), key, r->key, names,
                        settings_choice(s, r->key));
            return NULL;
        }
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, _("there is no setting '%s'"), key);
    return NULL;
}

bool settings_set(struct settings *s, const char *key, double value, GError **error)
{
    struct settings *owner;
    const struct setting *row = row_to_change(s, key, &owner, error);
    if (!row || !setting_check(row, value, error)) {
        return false;
    }
    *value_of(row, owner) = value;
    return true;
}

bool settings_parse(struct settings *s, const char *key, const char *text, GError **error)
{
    struct settings *owner;
    const struct setting *row = row_to_change(s, key, &owner, error);
    return row && setting_parse(row, text, value_of(row, owner), error);
}

bool settings_equal(const struct settings *a, const struct settings *b)
{
    g_autofree char *one = settings_text(a), *other = settings_text(b);
    return a->table == b->table && g_str_equal(one, other);
}

// ---- text ---------------------------------------------------------------------------------------

char *settings_print(const struct settings *s, const char *key)
{
    struct settings *owner;
    const struct setting *row = row_named(s, key, &owner);
    return setting_print(row, *value_of(row, owner));
}

char *settings_key(const struct settings *s, unsigned scope)
{
    GString *text = g_string_new(NULL);
    struct settings *owner;
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, &owner)); i++) {
        if (!row->scope || (row->scope & scope)) {
            g_autofree char *value = setting_print(row, *value_of(row, owner));
            g_string_append_printf(text, "%s%s=%s", text->len ? " " : "", row->key, value);
        }
    }
    return g_string_free(text, FALSE);
}

char *settings_text(const struct settings *s)
{
    return settings_key(s, ~0u);
}

static void append_recipe(GString *text, const struct settings *s, bool known)
{
    struct settings *owner;
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, &owner)); i++) {
        const double value = *value_of(row, owner);
        g_autofree char *printed = row->kind == SETTING_CHOICE
                                       ? g_strdup(setting_choice_title(row, (int)value))
                                       : setting_print(row, value);
        if (known == (row->recipe != NULL) && settings_matters(s, row->key)) {
            g_string_append_printf(text, "%s%s: %s", text->len ? ", " : "",
                                   known ? row->recipe : row->title, printed);
        }
    }
}

char *settings_recipe(const struct settings *s)
{
    GString *text = g_string_new(NULL);
    append_recipe(text, s, true);
    append_recipe(text, s, false);
    return g_string_free(text, FALSE);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void write_value(JsonBuilder *b, const struct setting *row, double value)
{
    switch (row->kind) {
    case SETTING_SWITCH: json_builder_add_boolean_value(b, value != 0); break;
    case SETTING_CHOICE:
        json_builder_add_string_value(b, setting_choice_name(row, (int)value));
        break;
    case SETTING_INT: json_builder_add_int_value(b, (gint64)value); break;
    case SETTING_FLOAT: json_builder_add_double_value(b, value); break;
    }
}

void settings_write_json(const struct settings *s, JsonBuilder *builder)
{
    for (int i = 0; i < table_rows(s->table); i++) {
        const struct setting *row = &s->table[i];
        json_builder_set_member_name(builder, row->key);
        write_value(builder, row, s->values[i]);
        for (int k = 0; s->members[i] && s->members[i][k]; k++) {
            if (table_rows(s->members[i][k]->table) > 0) {
                json_builder_set_member_name(builder, row->family(k)->name);
                json_builder_begin_object(builder);
                settings_write_json(s->members[i][k], builder);
                json_builder_end_object(builder);
            }
        }
    }
}

static double number_in(const struct setting *row, JsonNode *node)
{
    const GType type = json_node_get_value_type(node);
    double value = NAN;
    if (type == G_TYPE_STRING && row->kind == SETTING_CHOICE) {
        setting_parse(row, json_node_get_string(node), &value, NULL);
    } else if (type == G_TYPE_BOOLEAN && row->kind == SETTING_SWITCH) {
        value = json_node_get_boolean(node);
    } else if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE) {
        value = json_node_get_double(node);
    }
    return value;
}

static void read_value(const struct setting *row, JsonObject *object, double *value)
{
    JsonNode *node = json_object_get_member(object, row->key);
    node = node || !row->former ? node : json_object_get_member(object, row->former);
    if (node && JSON_NODE_HOLDS_VALUE(node)) {
        const double found = number_in(row, node);
        if (setting_check(row, found, NULL)) {
            *value = found;
        }
    }
}

void settings_read_json(struct settings *s, JsonObject *object)
{
    for (int i = 0; i < table_rows(s->table); i++) {
        const struct setting *row = &s->table[i];
        read_value(row, object, &s->values[i]);
        if (s->members[i] && s->members[i][0]) {
            settings_read_json(s->members[i][(int)s->values[i]], object);
        }
        for (int k = 0; s->members[i] && s->members[i][k]; k++) {
            JsonNode *node = json_object_get_member(object, row->family(k)->name);
            if (node && JSON_NODE_HOLDS_OBJECT(node)) {
                settings_read_json(s->members[i][k], json_node_get_object(node));
            }
        }
    }
}
