#include "ui/core/export_options.h"

#include "compute/i18n.h"
#include "render/codec.h"

#include <string.h>

// ---- the table ----------------------------------------------------------------------------------

#define BY_NAME "auto"

// The formats that are written, as a family; the first is whatever the file's name says.
static const struct member *format_family(int i)
{
    enum { MOST = 16 };
    static struct member members[MOST];
    static gsize count;
    if (g_once_init_enter(&count)) {
        gsize n = 0;
        members[n++] =
            (struct member){.name = BY_NAME, .title = N_("By the name"), .level = SETTING_HIDDEN};
        for (const struct codec *const *codec = codec_all(); *codec; codec++) {
            if ((*codec)->write) {
                g_assert(n < MOST);
                members[n++] = (struct member){.name = (*codec)->name, .title = (*codec)->title};
            }
        }
        g_once_init_leave(&count, n);
    }
    return (gsize)i < count ? &members[i] : NULL;
}

static const struct codec *format_of(const struct settings *s)
{
    return codec_find(settings_choice(s, "format")); // NULL: the name says it
}

static bool is_deep(const struct settings *s)
{
    return !format_of(s) || format_of(s)->deep;
}

static bool is_lossy(const struct settings *s)
{
    return !format_of(s) || format_of(s)->lossy;
}

static bool has_no_edge(const struct settings *s)
{
    return settings_int(s, "long_edge") == 0;
}

static const struct member *depth_family(int i)
{
    static const struct member depths[] = {{.name = "photo", .title = N_("As the photo")},
                                           {.name = "8", .title = N_("8 bits")},
                                           {.name = "16", .title = N_("16 bits")}};
    return i < (int)G_N_ELEMENTS(depths) ? &depths[i] : NULL;
}

static const struct member *sharpening_family(int i)
{
    static const struct member sharpenings[] = {
        [IMAGE_SHARPEN_NONE] = {.name = "none", .title = N_("Not at all")},
        [IMAGE_SHARPEN_LOW] = {.name = "low", .title = N_("A little")},
        [IMAGE_SHARPEN_STANDARD] = {.name = "standard", .title = N_("Standard")},
        [IMAGE_SHARPEN_HIGH] = {.name = "high", .title = N_("Strongly")}};
    return i < (int)G_N_ELEMENTS(sharpenings) ? &sharpenings[i] : NULL;
}

static const struct member *metadata_family(int i)
{
    static const struct member metadata[] = {{.name = "keep", .title = N_("Keep")},
                                             {.name = "none", .title = N_("Leave out")}};
    return i < (int)G_N_ELEMENTS(metadata) ? &metadata[i] : NULL;
}

static const struct member *space_family(int i)
{
    static const struct member spaces[] = {{.name = "photo", .title = N_("As the photo")},
                                           {.name = "srgb", .title = N_("sRGB")}};
    return i < (int)G_N_ELEMENTS(spaces) ? &spaces[i] : NULL;
}

const struct setting export_settings[] = {
    {.key = "format",
     .title = N_("Format"),
     .help = N_("What the picture is written as; auto goes by the ending of the file's name"),
     .kind = SETTING_CHOICE,
     .family = format_family},
    {.key = "bits",
     .title = N_("Bits a channel"),
     .help = N_("Depth of a PNG or TIFF: 8 or 16 bits a channel, or as the photo has them"),
     .kind = SETTING_CHOICE,
     .family = depth_family,
     .matters = is_deep},
    {.key = "quality",
     .title = N_("Quality"),
     .help = N_("Quality of a JPEG or WebP; a WebP of 100 is without loss"),
     .kind = SETTING_INT,
     .min = 1,
     .max = 100,
     .slider_min = 50,
     .slider_max = 100,
     .def = 92,
     .matters = is_lossy},
    {.key = "long_edge",
     .title = N_("Long edge (0: as the photo)"),
     .help = N_("Pixels of the longer side; 0: as the photo"),
     .unit = N_("pixels"),
     .kind = SETTING_INT,
     .max = IMAGE_MAX_SIDE,
     .slider_max = 6000},
    {.key = "percent",
     .title = N_("Size in percent"),
     .help = N_("Size in percent of the photo's"),
     .unit = "%",
     .kind = SETTING_FLOAT,
     .min = 1,
     .max = 400,
     .slider_min = 1,
     .slider_max = 200,
     .def = 100,
     .matters = has_no_edge},
    {.key = "sharpen",
     .title = N_("Sharpen"),
     .help = N_("How much the picture is sharpened once it has its size"),
     .kind = SETTING_CHOICE,
     .family = sharpening_family},
    {.key = "metadata",
     .title = N_("Metadata"),
     .help = N_("What the camera and people wrote into the photo: date, lens, captions, copyright; "
                "never the place"),
     .kind = SETTING_CHOICE,
     .family = metadata_family},
    {.key = "color_space",
     .title = N_("Colour space"),
     .help = N_("The photo's own, or sRGB, which every screen and every website can show"),
     .kind = SETTING_CHOICE,
     .family = space_family},
    {.key = "recipe",
     .title = N_("Say how it was made"),
     .help = N_("Write the sentences and the settings of the edit into the picture"),
     .kind = SETTING_SWITCH},
    {NULL},
};

// ---- what it means ------------------------------------------------------------------------------

struct image_save_params export_params(const struct settings *s)
{
    static const int bits[] = {0, 8, 16};
    const struct codec *format = format_of(s);
    const double percent = settings_get(s, "percent");
    return (struct image_save_params){
        .format = format ? format->name : NULL,
        .bits = is_deep(s) ? bits[settings_int(s, "bits")] : 0,
        .quality = is_lossy(s) ? settings_int(s, "quality") : 0,
        .keep_metadata = settings_int(s, "metadata") == 0,
        .keep_profile = settings_int(s, "color_space") == 0,
        .sizing = {.long_edge = settings_int(s, "long_edge"),
                   .percent = percent == 100 ? 0 : percent},
        .sharpening = (enum image_sharpening)settings_int(s, "sharpen"),
    };
}

bool export_with_recipe(const struct settings *s)
{
    return settings_get(s, "recipe") != 0;
}

const char *export_suffix(const struct settings *s)
{
    const struct codec *format = format_of(s);
    return (format ? format : codec_find("png"))->suffixes[0];
}

// ---- text ---------------------------------------------------------------------------------------

char *export_to_text(const struct settings *s)
{
    return settings_text(s);
}

void export_from_text(struct settings *s, const char *text)
{
    g_auto(GStrv) pairs = g_strsplit(text, " ", -1);
    for (int i = 0; pairs[i]; i++) {
        char *value = strchr(pairs[i], '=');
        if (value) {
            *value++ = '\0';
            settings_parse(s, pairs[i], value, NULL);
        }
    }
}

// ---- names --------------------------------------------------------------------------------------

char *export_free_path(const char *folder, const char *photo, const char *suffix)
{
    const char *name = photo ? photo : _("picture"), *dot = strrchr(name, '.');
    const int length = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
    // Translators: the name of an exported picture: that of the photo, and what tells them apart.
    g_autofree char *stem = g_strdup_printf(_("%.*s-edited"), length, name);
    g_autofree char *first = g_strdup_printf("%s.%s", stem, suffix);
    char *path = g_build_filename(folder, first, NULL);
    for (int i = 2; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
        g_autofree char *next = g_strdup_printf("%s-%d.%s", stem, i, suffix);
        g_free(path);
        path = g_build_filename(folder, next, NULL);
    }
    return path;
}
