#include "compute/edit/preset.h"

#include "compute/error.h"

const struct edit_preset edit_presets[] = {
    {
        .name = "colour",
        .title = "Colour",
        .summary = "Another colour or material; every shape stays",
        .values = "inverter=direct inversion=1 locality=0 guidance=3 spread=1 "
                  "control=prompt_to_prompt keep_shape=1 keep_words=0.8",
    },
    {
        .name = "object",
        .title = "Object",
        .summary = "Something else in the same place",
        .values = "inverter=ddpm inversion=0.9 locality=0 guidance=3 spread=0 "
                  "control=prompt_to_prompt keep_shape=0.5 keep_words=0.8",
    },
    {
        .name = "background",
        .title = "Background",
        .summary = "Other surroundings; what stands in front stays",
        .values = "inverter=ddpm inversion=1 locality=0 guidance=3 spread=1 "
                  "control=prompt_to_prompt keep_shape=0.4 keep_words=0.3",
    },
    {
        .name = "style",
        .title = "Style",
        .summary = "Light, weather or manner, everywhere",
        .values = "inverter=ddpm inversion=0.9 locality=0 guidance=3 spread=0.8 "
                  "control=prompt_to_prompt keep_shape=0.4 keep_words=0.3",
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
static void set_values(struct settings *s, const struct edit_preset *preset)
{
    g_auto(GStrv) words = g_strsplit(preset->values, " ", 0);
    for (int i = 0; words[i]; i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        if (!settings_parse(s, pair[0], pair[1], &error)) {
            g_error("preset %s: %s", preset->name, error->message);
        }
    }
}

bool edit_preset_use(struct settings *s, const char *name, GError **error)
{
    const struct edit_preset *preset = edit_preset_find(name);
    if (preset) {
        set_values(s, preset);
        return true;
    }
    g_autoptr(GString) all = g_string_new(NULL);
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        g_string_append_printf(all, "%s%s", all->len ? ", " : "", p->name);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "there is no preset '%s', only %s",
                name, all->str);
    return false;
}

const struct edit_preset *edit_preset_of(const struct settings *s)
{
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        struct settings *with = settings_copy(s);
        set_values(with, p);
        const bool same = settings_equal(with, s);
        settings_free(with);
        if (same) {
            return p;
        }
    }
    return NULL;
}
