#include "compute/edit/preset.h"

#include "compute/edit/common_words.h"
#include "compute/error.h"
#include "compute/i18n.h"

#include <string.h>

// Where every shape is to stay, the change of colour alone comes back, and guidance may be strong:
// what it breaks in the model's own picture is not seen. Rescaling would hold the photo's contrast,
// and with it its light. The values are those that the papers use with Stable Diffusion (guidance:
// Hertz et al. 2022; shapes and words of other surroundings: Ju et al. 2023, section 5); another
// model's folder says what it needs.
const struct edit_preset edit_presets[] = {
    {
        .name = "colour",
        .title = N_("Colour"),
        .summary = N_("Another colour or material; every shape stays"),
        .words = "red,orange,yellow,green,blue,purple,pink,brown,black,white,gray,grey,violet,"
                 "turquoise,cyan,magenta,beige,golden,gold,silver,bronze,copper,wooden,dark,light,"
                 "bright,pale",
        .values = "inverter=direct inversion=1 locality=0 guidance=7.5 guidance_rescale=0 spread=1 "
                  "attention=prompt_to_prompt keep_shape=1 keep_words=0.8 shading=1 named_color=1",
    },
    {
        .name = "light",
        .title = N_("Light"),
        .summary = N_("Another time of day, weather or season; every shape stays"),
        .words = "night,dusk,dawn,sunset,sunrise,evening,morning,midday,noon,twilight,fog,mist,"
                 "haze,rain,storm,sunlight,sunshine,moonlight,warm light,cold light,golden light,"
                 "blue light,soft light,winter,spring,summer,autumn,foggy,misty,rainy,snowy,sunny,"
                 "cloudy,black and white,monochrome,sepia",
        .values = "inverter=direct inversion=1 locality=0 guidance=7.5 guidance_rescale=0 spread=1 "
                  "attention=prompt_to_prompt keep_shape=1 keep_words=0 shading=0 named_color=1",
    },
    {
        .name = "background",
        .title = N_("Background"),
        .summary = N_("Other surroundings; what stands in front stays"),
        .values =
            "inverter=direct inversion=1 locality=0 guidance=7.5 guidance_rescale=0 spread=0 "
            "attention=prompt_to_prompt keep_shape=0.6 keep_words=0.4 shading=0 named_color=1",
    },
    {
        .name = "object",
        .title = N_("Object"),
        .summary = N_("Something else in the same place"),
        .values =
            "inverter=ddpm inversion=0.9 locality=0 guidance=3 guidance_rescale=1 spread=0 "
            "attention=prompt_to_prompt keep_shape=0.5 keep_words=0.8 shading=0 named_color=0",
    },
    {
        .name = "style",
        .title = N_("Style"),
        .summary = N_("Another manner, everywhere: painted, drawn"),
        .words = "painting,watercolor,watercolour,sketch,drawing,cartoon,sticker,icon,engraving,"
                 "mosaic",
        .values =
            "inverter=ddpm inversion=0.9 locality=0 guidance=3 guidance_rescale=1 spread=0.8 "
            "attention=prompt_to_prompt keep_shape=0.4 keep_words=0.3 shading=0 named_color=0",
    },
    {0},
};

const struct edit_preset *edit_preset_find(const char *name)
{
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        if (g_str_equal(p->name, name)) {
            return p;
        }
    }
    return NULL;
}

// The table's own words are legal: the test presets sees to that.
static void set_values(struct settings *s, const struct edit_preset *preset, JsonObject *of_model)
{
    g_auto(GStrv) words = g_strsplit(preset->values, " ", 0);
    for (int i = 0; words[i]; i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        if (!settings_parse(s, pair[0], pair[1], &error)) {
            g_error("preset %s: %s", preset->name, error->message);
        }
    }
    JsonNode *own = of_model ? json_object_get_member(of_model, preset->name) : NULL;
    if (own && JSON_NODE_HOLDS_OBJECT(own)) {
        settings_read_json(s, json_node_get_object(own));
    }
}

bool edit_preset_use(struct settings *s, const char *name, JsonObject *of_model, GError **error)
{
    const struct edit_preset *preset = edit_preset_find(name);
    if (preset) {
        set_values(s, preset, of_model);
        return true;
    }
    g_autoptr(GString) all = g_string_new(NULL);
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        g_string_append_printf(all, "%s%s", all->len ? ", " : "", p->name);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                _("there is no preset '%s', only %s and none"), name, all->str);
    return false;
}

const struct edit_preset *edit_preset_of(const struct settings *s, JsonObject *of_model)
{
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        struct settings *with = settings_copy(s);
        set_values(with, p, of_model);
        const bool same = settings_equal(with, s);
        settings_free(with);
        if (same) {
            return p;
        }
    }
    return NULL;
}

bool edit_preset_sets(const char *key)
{
    g_autofree char *assigned = g_strdup_printf("%s=", key);
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        g_auto(GStrv) words = g_strsplit(p->values, " ", 0);
        for (int i = 0; words[i]; i++) {
            if (g_str_has_prefix(words[i], assigned)) {
                return true;
            }
        }
    }
    return false;
}

// ---- what a sentence asks for -------------------------------------------------------------------

// Words that say nothing of their own, and those that say where what follows them is.
static const char *const articles = "a,an,the,and";
static const char *const places =
    "in,on,at,under,by,near,behind,against,inside,before,over,beside,among";

// Whether the words of `text`, between single blanks, hold one of the list, which may be several.
static bool says(const char *text, const char *list)
{
    g_auto(GStrv) phrases = g_strsplit(list, ",", 0);
    g_autofree char *framed = g_strdup_printf(" %s ", text);
    for (int i = 0; phrases[i]; i++) {
        g_autofree char *phrase = g_strdup_printf(" %s ", phrases[i]);
        if (strstr(framed, phrase)) {
            return true;
        }
    }
    return false;
}

static GPtrArray *words_of(const char *sentence)
{
    g_autofree char *lower = g_utf8_strdown(sentence, -1);
    g_auto(GStrv) parts = g_strsplit_set(lower, " \t\r\n,.;:!?\"()", 0);
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; parts[i]; i++) {
        if (*parts[i]) {
            g_ptr_array_add(words, g_strdup(parts[i]));
        }
    }
    return words;
}

static bool same_word(const void *first, int i, const void *second, int j)
{
    const GPtrArray *a = first, *b = second;
    return g_str_equal(a->pdata[i], b->pdata[j]);
}

// What one sentence has and the other has not, by the longest common sequence of words: those that
// say where something is, and the rest.
struct difference {
    GString *where, *rest;
};

static void add_difference(struct difference *d, const char *word, bool where)
{
    GString *to = where ? d->where : d->rest;
    if (!says(word, articles) || strstr(to->str, "black")) { // "black and white" is one word
        g_string_append_printf(to, "%s%s", to->len ? " " : "", word);
    }
}

static void find_difference(struct difference *d, const GPtrArray *a, const GPtrArray *b)
{
    const int n_a = (int)a->len, n_b = (int)b->len, row = n_b + 1;
    g_autofree int *length = common_words(a, n_a, b, n_b, same_word);
    bool where = false;
    for (int i = 0, j = 0; i < n_a;) {
        where = where || says(a->pdata[i], places);
        if (j < n_b && same_word(a, i, b, j)) {
            i++;
            j++;
        } else if (j == n_b || length[(i + 1) * row + j] >= length[i * row + j + 1]) {
            add_difference(d, a->pdata[i++], where);
        } else {
            j++;
        }
    }
}

// All of the text's words are colours.
static bool is_color(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    for (int i = 0; words[i]; i++) {
        if (!says(words[i], edit_preset_find("colour")->words)) {
            return false;
        }
    }
    return true;
}

static const char *preset_for(const struct difference *d)
{
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        if (p->words && !g_str_equal(p->name, "colour") &&
            (says(d->where->str, p->words) || says(d->rest->str, p->words))) {
            return p->name;
        }
    }
    if (d->where->len && is_color(d->rest->str)) {
        return "background";
    }
    return is_color(d->rest->str) ? "colour" : "object";
}

const struct edit_preset *edit_preset_suggest(const char *source, const char *edit)
{
    g_autoptr(GPtrArray) before = words_of(source), after = words_of(edit);
    struct difference d = {g_string_new(NULL), g_string_new(NULL)};
    const struct edit_preset *preset = NULL;
    if (before->len && after->len) {
        find_difference(&d, after, before);
        if (!d.where->len && !d.rest->len) { // nothing was added: what is gone?
            find_difference(&d, before, after);
        }
        if (d.where->len || d.rest->len) {
            preset = edit_preset_find(preset_for(&d));
        }
    }
    g_string_free(d.where, TRUE);
    g_string_free(d.rest, TRUE);
    return preset;
}
