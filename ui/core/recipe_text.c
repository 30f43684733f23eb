#include "ui/core/recipe_text.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/file.h"
#include "ui/core/plain_text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define STEPS    "Steps: "
#define MAX_TEXT (1 << 20) // bytes
#define NEGATIVE "Negative prompt: "

// ---- the line of values -------------------------------------------------------------------------

// The row of a name as it stands in recipes whose values include this one.
struct wanted {
    const char *name, *value;
    const struct setting *row;
    char *text; // the value as settings_parse() has it
};

// Choices stand there by their titles.
static char *value_of(const struct setting *row, const char *text)
{
    double value;
    for (int i = 0; row->kind == SETTING_CHOICE && i < setting_choices(row); i++) {
        if (g_str_equal(setting_choice_title(row, i), text)) {
            return g_strdup(setting_choice_name(row, i));
        }
    }
    return setting_parse(row, text, &value, NULL) ? g_strdup(text) : NULL;
}

static bool find_row(const struct setting *row, const struct member *member, void *data)
{
    struct wanted *w = data;
    if (g_str_equal(row->recipe ? row->recipe : row->title, w->name)) {
        w->row = row;
        w->text = value_of(row, w->value);
    }
    return !w->text;
}

// What is of one picture, or of the machine that made it.
static bool is_of_picture(const char *name)
{
    static const char *const names[] = {"Size",   "Model",  "Model hash", "Precision",
                                        "Region", "Masked", "Version",    NULL};
    return g_strv_contains(names, name);
}

static void take_value(struct recipe_text *r, const char *name, const char *value,
                       const struct setting *table)
{
    struct wanted w = {.name = name, .value = value};
    if (g_str_equal(name, "Seed")) {
        g_free(r->seed);
        r->seed = g_strdup(value);
    } else if (g_str_equal(name, "Source prompt")) {
        g_free(r->source_prompt);
        r->source_prompt = g_strdup(value);
    } else if (!settings_walk(table, find_row, &w)) {
        g_ptr_array_add(r->settings, g_strdup(w.row->key));
        g_ptr_array_add(r->settings, w.text);
    } else if (!is_of_picture(name)) {
        g_autofree char *pair = g_strdup_printf("%s: %s", name, value);
        g_ptr_array_add(r->left_out, plain_text(pair, TEXT_NAME));
    }
}

// The end of a value that begins there: a quoted one holds commas.
static const char *value_end(const char *begin)
{
    if (*begin != '"') {
        const char *comma = strstr(begin, ", ");
        return comma ? comma : begin + strlen(begin);
    }
    const char *at = begin + 1;
    while (*at && *at != '"') {
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    return *at ? at + 1 : at;
}

static void parse_values(struct recipe_text *r, const char *line, const struct setting *table)
{
    for (const char *colon; (colon = strstr(line, ": "));) {
        const char *begin = colon + strlen(": "), *end = value_end(begin);
        g_autofree char *name = g_strndup(line, (gsize)(colon - line));
        g_autofree char *raw = g_strndup(begin, (gsize)(end - begin));
        const gsize size = strlen(raw);
        if (*raw == '"' && size > 1 && raw[size - 1] == '"') {
            raw[size - 1] = '\0';
            g_autofree char *plain = g_strcompress(raw + 1);
            take_value(r, name, plain, table);
        } else {
            take_value(r, name, raw, table);
        }
        line = g_str_has_prefix(end, ", ") ? end + strlen(", ") : end;
    }
}

// ---- the whole ----------------------------------------------------------------------------------

struct recipe_text *recipe_text_parse(const char *text, const struct setting *table)
{
    struct recipe_text *r = g_new0(struct recipe_text, 1);
    r->settings = g_ptr_array_new_with_free_func(g_free);
    r->left_out = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) prompt = g_string_new(NULL);
    for (int i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (g_str_has_prefix(line, NEGATIVE)) {
            g_free(r->negative);
            r->negative = g_strdup(line + strlen(NEGATIVE));
        } else if (g_str_has_prefix(line, STEPS)) {
            parse_values(r, line, table);
        } else if (*line) {
            g_string_append_printf(prompt, "%s%s", prompt->len ? " " : "", line);
        }
    }
    r->prompt = prompt->len ? g_strdup(prompt->str) : NULL;
    return r;
}

void recipe_text_free(struct recipe_text *r)
{
    if (r) {
        g_free(r->prompt);
        g_free(r->negative);
        g_free(r->source_prompt);
        g_free(r->seed);
        g_ptr_array_unref(r->settings);
        g_ptr_array_unref(r->left_out);
        g_free(r);
    }
}

// The text of a file that is no picture, newly allocated; NULL: it is no text.
static char *read_text(const char *path, GError **error)
{
    GStatBuf info;
    gsize size = 0;
    g_autofree char *text = NULL;
    const bool there = g_stat(path, &info) == 0; // a pipe would be waited for
    const bool readable = !there || (S_ISREG(info.st_mode) && info.st_size <= MAX_TEXT);
    if (readable && !g_file_get_contents(path, &text, &size, error)) {
        return NULL;
    }
    if (!readable || !g_utf8_validate(text, (gssize)size, NULL)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is neither a picture nor a text"), path);
        return NULL;
    }
    if (!g_str_has_prefix(text, STEPS) && !strstr(text, "\n" STEPS)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s carries no recipe: no line of it begins with \"%s\""), path, STEPS);
        return NULL;
    }
    return g_steal_pointer(&text);
}

struct recipe_text *recipe_text_read(const char *path, const struct setting *table, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_info info = {0};
    const bool picture = image_probe(file, &info, NULL);
    g_autofree char *text = picture ? g_strdup(info.meta.recipe) : read_text(path, error);
    image_meta_clear(&info.meta);
    if (picture && !text) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s carries no recipe"), path);
    }
    return text ? recipe_text_parse(text, table) : NULL;
}
