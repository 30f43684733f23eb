// GLib's parser reads the packet, and what it reads is written again but for what has become wrong.
// It knows no entities but XML's own five and follows no references, so a packet cannot grow on the
// way.
#include "render/xmp.h"

#include <string.h>

// Names are known by their namespace, not by the prefix a writer happened to choose. A namespace
// that ends in '*' stands for all that begin so.
enum subject { REMOVE, ORIENTATION, WIDTH, HEIGHT, COLOR_SPACE, PROFILE };
static const struct rule {
    const char *space, *name; // name NULL: all of it
    enum subject subject;
} RULES[] = {
    {"http://ns.adobe.com/tiff/1.0/", "Orientation", ORIENTATION},
    {"http://ns.adobe.com/tiff/1.0/", "ImageWidth", WIDTH},
    {"http://ns.adobe.com/tiff/1.0/", "ImageLength", HEIGHT},
    {"http://ns.adobe.com/exif/1.0/", "PixelXDimension", WIDTH},
    {"http://ns.adobe.com/exif/1.0/", "PixelYDimension", HEIGHT},
    {"http://ns.adobe.com/exif/1.0/", "ColorSpace", COLOR_SPACE},
    {"http://ns.adobe.com/photoshop/1.0/", "ICCProfile", PROFILE},
    {"http://ns.adobe.com/xmp/note/", "HasExtendedXMP", REMOVE},
    {"http://ns.adobe.com/xap/1.0/", "Thumbnails", REMOVE},
    {"http://ns.adobe.com/hdr-gain-map/1.0/", NULL, REMOVE},
    {"http://ns.google.com/photos/1.0/camera/", NULL, REMOVE}, // parts behind the picture
    {"http://ns.google.com/photos/1.0/container/*", NULL, REMOVE},
    {"http://ns.google.com/photos/1.0/depthmap/", NULL, REMOVE},
    {"http://ns.google.com/photos/1.0/image/", NULL, REMOVE},
    {"http://ns.google.com/photos/dd/1.0/*", NULL, REMOVE},
};

struct filter {
    GString *out;
    GHashTable *spaces; // prefix -> namespace
    char width[12], height[12];
    bool srgb;
    bool any;     // there is an element
    int skipped;  // elements that are open and left out; 0: writing
    bool emptied; // the outermost of them has its tags and new text
};

static bool rule_fits(const struct rule *rule, const char *space, const char *name)
{
    size_t length = strlen(rule->space);
    bool same = rule->space[length - 1] == '*' ? strncmp(space, rule->space, length - 1) == 0
                                               : strcmp(space, rule->space) == 0;

    return same && (rule->name == NULL || strcmp(name, rule->name) == 0);
}

// What to write in place of a value: itself, something else, or NULL to leave it out.
static const char *judge(const struct filter *filter, const char *qualified, const char *value)
{
    const char *colon = strchr(qualified, ':');
    const char *name = colon != NULL ? colon + 1 : qualified;
    g_autofree char *prefix = g_strndup(qualified, colon != NULL ? colon - qualified : 0);
    const char *space = g_hash_table_lookup(filter->spaces, prefix);

    if (strcmp(prefix, "xmlns") == 0) {
        return value;
    }
    if (g_ascii_strncasecmp(name, "gps", 3) == 0) { // EXIF's, and those of makers of cameras
        return NULL;
    }
    for (size_t i = 0; space != NULL && i < G_N_ELEMENTS(RULES); i++) {
        if (rule_fits(&RULES[i], space, name)) {
            switch (RULES[i].subject) {
            case REMOVE: return NULL;
            case ORIENTATION: return "1";
            case WIDTH: return filter->width;
            case HEIGHT: return filter->height;
            case COLOR_SPACE: return filter->srgb ? "1" : value;
            case PROFILE: return filter->srgb ? "sRGB IEC61966-2.1" : value;
            }
        }
    }
    return value;
}

static void append_escaped(GString *out, const char *text, gssize length)
{
    g_autofree char *escaped = g_markup_escape_text(text, length);

    g_string_append(out, escaped);
}

static void append_attribute(GString *out, const char *name, const char *value)
{
    g_autoptr(GString) text = g_string_new(NULL);

    append_escaped(text, value, -1);
    g_string_replace(text, "\n", "&#xA;", 0); // a reader makes spaces of them
    g_string_replace(text, "\r", "&#xD;", 0);
    g_string_replace(text, "\t", "&#x9;", 0);
    g_string_append_printf(out, " %s=\"%s\"", name, text->str);
}

static void note_spaces(struct filter *filter, const char **names, const char **values)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (g_str_has_prefix(names[i], "xmlns:")) {
            g_hash_table_replace(filter->spaces, g_strdup(names[i] + strlen("xmlns:")),
                                 g_strdup(values[i]));
        }
    }
}

static void start_element(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, gpointer data, GError **error)
{
    static const char KEPT[] = "";
    struct filter *filter = data;

    if (filter->skipped > 0) {
        filter->skipped++;
        return;
    }
    filter->any = true;
    note_spaces(filter, names, values);

    const char *content = judge(filter, element, KEPT);

    if (content == NULL) {
        filter->skipped = 1;
        return;
    }
    g_string_append_printf(filter->out, "<%s", element);
    for (int i = 0; names[i] != NULL; i++) {
        const char *value = judge(filter, names[i], values[i]);

        if (value != NULL) {
            append_attribute(filter->out, names[i], value);
        }
    }
    g_string_append_printf(filter->out, ">%s", content);
    filter->emptied = content != KEPT;
    filter->skipped = filter->emptied ? 1 : 0;
}

static void end_element(GMarkupParseContext *context, const char *element, gpointer data,
                        GError **error)
{
    struct filter *filter = data;

    if (filter->skipped > 0 && (--filter->skipped > 0 || !filter->emptied)) {
        return;
    }
    filter->emptied = false;
    g_string_append_printf(filter->out, "</%s>", element);
}

static void take_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                      GError **error)
{
    struct filter *filter = data;

    if (filter->skipped == 0) {
        append_escaped(filter->out, text, (gssize)length);
    }
}

static bool begins(const char *text, gsize length, const char *with)
{
    return length >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

// Comments, instructions and CDATA as they stand. A document type is where entities are made, and
// nothing that a packet has.
static void take_other(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                       GError **error)
{
    struct filter *filter = data;

    if (!begins(text, length, "<?") && !begins(text, length, "<!--") &&
        !begins(text, length, "<![CDATA[")) {
        g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                            "a packet has no document type");
    } else if (filter->skipped == 0) {
        g_string_append_len(filter->out, text, (gssize)length);
    }
}

static bool run(struct filter *filter, const char *text, gsize size)
{
    static const GMarkupParser PARSER = {start_element, end_element, take_text, take_other, NULL};
    GMarkupParseContext *context = g_markup_parse_context_new(&PARSER, 0, filter, NULL);
    bool ok = g_markup_parse_context_parse(context, text, (gssize)size, NULL) &&
              g_markup_parse_context_end_parse(context, NULL);

    g_markup_parse_context_free(context);
    return ok;
}

GBytes *xmp_for_export(GBytes *packet, int width, int height, bool srgb)
{
    static const char MARK[] = "\xef\xbb\xbf"; // of the byte order; some writers begin with it
    gsize size = 0;
    const char *text = packet != NULL ? g_bytes_get_data(packet, &size) : NULL;

    if (size == 0 || size > XMP_MAX_BYTES || !g_utf8_validate(text, (gssize)size, NULL)) {
        return NULL;
    }

    const gsize begin = size >= 3 && memcmp(text, MARK, 3) == 0 ? 3 : 0;
    struct filter filter = {
        .out = g_string_new(NULL),
        .spaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .srgb = srgb,
    };

    g_snprintf(filter.width, sizeof(filter.width), "%d", width);
    g_snprintf(filter.height, sizeof(filter.height), "%d", height);

    bool ok = run(&filter, text + begin, size - begin);

    g_hash_table_unref(filter.spaces);
    if (!ok || !filter.any) {
        g_string_free(filter.out, TRUE);
        return NULL;
    }
    return g_string_free_to_bytes(filter.out);
}
