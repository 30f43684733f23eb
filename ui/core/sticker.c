#include "ui/core/sticker.h"

#include "compute/edit/color_word.h"
#include "compute/edit/select.h"
#include "compute/i18n.h"
#include "compute/model/decoder.h"
#include "render/signed.h"

#include <string.h>

// ---- settings -----------------------------------------------------------------------------------

// The table of targets as a family to choose from.
static const struct member *target_family(int i)
{
    enum { MOST = 8 };
    static struct member members[MOST];
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        for (int k = 0; sticker_targets[k].name; k++) {
            g_assert(k < MOST);
            members[k] = (struct member){.name = sticker_targets[k].name,
                                         .title = sticker_targets[k].title,
                                         .summary = sticker_targets[k].summary};
        }
        g_once_init_leave(&ready, 1);
    }
    return sticker_targets[i].name ? &members[i] : NULL;
}

static const char *const colors[] = {N_("white"),  N_("black"),  N_("gray"),  N_("red"),
                                     N_("orange"), N_("yellow"), N_("green"), N_("blue"),
                                     N_("purple"), N_("pink"),   NULL};
static const float values[][3] = {{1, 1, 1},
                                  {0, 0, 0},
                                  {0.6f, 0.6f, 0.6f},
                                  {0.88f, 0.11f, 0.14f},
                                  {0.96f, 0.55f, 0.1f},
                                  {0.98f, 0.83f, 0.18f},
                                  {0.2f, 0.66f, 0.32f},
                                  {0.2f, 0.46f, 0.9f},
                                  {0.55f, 0.32f, 0.75f},
                                  {0.96f, 0.56f, 0.72f}};

static bool any_size(const struct settings *s)
{
    return sticker_target(s)->side == 0;
}

static bool outlined(const struct settings *s)
{
    return settings_get(s, "outline") > 0;
}

const struct setting sticker_settings[] = {
    {.key = "for",
     .title = N_("For"),
     .help = N_("The messenger whose limits the file keeps to"),
     .kind = SETTING_CHOICE,
     .family = target_family},
    {.key = "size",
     .title = N_("Size"),
     .help = N_("Pixels of the longest side"),
     .unit = N_("pixels"),
     .kind = SETTING_INT,
     .min = STICKER_MIN_SIDE,
     .max = STICKER_MAX_SIDE,
     .slider_min = 128,
     .slider_max = 1024,
     .def = 512,
     .matters = any_size},
    {.key = "outline",
     .title = N_("Outline"),
     .help = N_("Width of the line around the thing; 0: none"),
     .unit = N_("pixels"),
     .kind = SETTING_FLOAT,
     .max = 200,
     .slider_max = 40,
     .def = 10},
    {.key = "outline_color",
     .title = N_("Its colour"),
     .help = N_("Colour of that line"),
     .kind = SETTING_CHOICE,
     .choices = colors,
     .matters = outlined},
    {.key = "shadow",
     .title = N_("Shadow"),
     .help = N_("How dark the shadow below is; 0: none"),
     .kind = SETTING_FLOAT,
     .max = 1},
    {NULL},
};

const struct sticker_target *sticker_target(const struct settings *s)
{
    return &sticker_targets[settings_int(s, "for")];
}

struct sticker_params sticker_params(const struct settings *s)
{
    const struct sticker_target *target = sticker_target(s);
    const float *color = values[settings_int(s, "outline_color")];
    return (struct sticker_params){.side = target->side ? target->side : settings_int(s, "size"),
                                   .square = target->square,
                                   .margin = target->margin,
                                   .outline = settings_get(s, "outline"),
                                   .color = {color[0], color[1], color[2]},
                                   .shadow = settings_get(s, "shadow")};
}

// ---- the sentence -------------------------------------------------------------------------------

static bool has_any(char *const *words, const char *const *any)
{
    for (int i = 0; words[i]; i++) {
        if (g_strv_contains(any, words[i])) {
            return true;
        }
    }
    return false;
}

// "a cartoon of " before what only names a thing: the models draw that with a clear border.
static const char *medium(char *const *words)
{
    static const char *const media[] = {"photo",      "photograph", "picture", "image",  "drawing",
                                        "painting",   "sketch",     "cartoon", "icon",   "sticker",
                                        "emoji",      "render",     "figure",  "statue", "toy",
                                        "watercolor", "portrait",   NULL};
    static const char *const articles[] = {"a", "an", "the", "one", "two", "three", NULL};
    const bool thing = words[0] && g_strv_contains(articles, words[0]);
    return thing && !has_any(words, media) ? "a cartoon of " : "";
}

// A colour that the sentence does not name. Not white first: what is white in the thing would go.
static const char *ground(char *const *words)
{
    static const char *const grounds[] = {"blue", "green", "orange", "white", NULL};
    int i = 0;
    while (grounds[i + 1] && g_strv_contains((const char *const *)words, grounds[i])) {
        i++;
    }
    return grounds[i];
}

char *sticker_sentence(const char *prompt)
{
    static const char *const places[] = {"on",         "in",     "at",     "under",
                                         "background", "before", "behind", NULL};
    g_autofree char *lower = g_utf8_strdown(prompt, -1);
    g_auto(GStrv) words = g_strsplit_set(lower, " ,.;:()[]", -1);
    return has_any(words, places)
               ? g_strdup(prompt)
               : g_strdup_printf("%s%s on %s %s background", medium(words), prompt,
                                 *ground(words) == 'o' ? "an" : "a", ground(words));
}

// ---- drawing ------------------------------------------------------------------------------------

static struct image *by_decoder(struct engine *e, const struct edit_result *r, GError **error)
{
    struct image *cut = image_new(r->width, r->height, true, error);
    const gsize count = (gsize)r->width * (gsize)r->height;
    g_autofree float *rgba = g_new(float, 4 * count);
    if (!cut || !editor_decode_alpha(e->editor, r->latents, r->width, r->height, rgba, error)) {
        image_free(cut);
        return NULL;
    }
    for (gsize i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++) {
            cut->rgb[3 * i + c] = (rgba[4 * i + c] + 1) / 2;
        }
        cut->alpha[i] = rgba[4 * i + 3];
    }
    return cut;
}

// What the sentence names first, in the picture that was drawn of it.
static struct image *by_selection(struct engine *e, const struct edit_request *request,
                                  const struct edit_result *r, struct task *task, GError **error)
{
    g_autofree char *word = subject_of_edit(request->prompt, NULL);
    struct image *drawn = image_from_signed(r->rgb, r->width, r->height, error);
    struct photo *photo = drawn ? engine_photo(e, drawn, r->width, 0, error) : NULL;
    struct settings *looking = settings_new(edit_settings); // those of a run that has a photo
    struct edit_request q = *request;
    struct mask *selected = NULL;
    struct image *cut = NULL;
    struct engine_place place;
    q.settings = looking;
    q.source_prompt = request->prompt;
    const struct engine_choice choice = {
        .word = word, .x = r->width / 2.0, .y = r->height / 2.0}; // no thing named: what is there
    if (photo &&
        (selected = engine_select(e, photo, &(struct image_region){0}, q, &choice, task, error)) &&
        engine_place(e, photo, selected, &(struct image_region){0}, &place, task, error)) {
        cut = sticker_cut(photo->full, place.mask, error);
    }
    mask_unref(selected);
    photo_unref(photo);
    settings_free(looking);
    return cut;
}

struct image *sticker_draw(struct engine *e, const struct edit_request *request, char **recipe,
                           struct task *task, GError **error)
{
    struct edit_result *r = engine_run(e, request, task, error);
    struct image *cut = NULL;
    if (!r) {
        return NULL;
    }
    cut = model_alpha_decoder(e->model) ? by_decoder(e, r, error)
                                        : by_selection(e, request, r, task, error);
    if (cut) {
        sticker_tidy(cut);
    }
    if (cut && recipe) {
        const struct engine_made made = {r->width, r->height, r->precision};
        *recipe = engine_recipe(request, NULL, e->model, (struct adapter **)e->in_use->pdata,
                                (int)e->in_use->len, &made);
    }
    edit_result_free(r);
    return cut;
}

// ---- several ------------------------------------------------------------------------------------

// "A red fox, sitting" as "a-red-fox-sitting".
static char *file_stem(const char *prompt)
{
    GString *stem = g_string_new(NULL);
    for (const char *p = prompt; *p && stem->len < 60; p = g_utf8_next_char(p)) {
        const gunichar letter = g_utf8_get_char(p);
        if (g_unichar_isalnum(letter)) {
            g_string_append_unichar(stem, g_unichar_tolower(letter));
        } else if (stem->len && stem->str[stem->len - 1] != '-') {
            g_string_append_c(stem, '-');
        }
    }
    if (stem->len && stem->str[stem->len - 1] == '-') {
        g_string_truncate(stem, stem->len - 1);
    }
    return g_string_free(stem->len ? stem : g_string_append(stem, "sticker"), FALSE);
}

static bool is_taken(const GPtrArray *paths, const char *path)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)paths, path, g_str_equal, NULL) ||
           g_file_test(path, G_FILE_TEST_EXISTS);
}

GPtrArray *sticker_paths(const char *folder, const GPtrArray *prompts, const char *ending)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < prompts->len; i++) {
        g_autofree char *stem = file_stem(prompts->pdata[i]);
        char *path = NULL;
        for (int n = 1; !path || is_taken(paths, path); n++) {
            g_autofree char *number = n > 1 ? g_strdup_printf("-%d", n) : g_strdup("");
            g_autofree char *name = g_strconcat(stem, number, ".", ending, NULL);
            g_free(path);
            path = g_build_filename(folder, name, NULL);
        }
        g_ptr_array_add(paths, path);
    }
    return paths;
}

struct image *sticker_page(struct image *const *stickers, int n, GError **error)
{
    enum { GAP = 24 };
    int columns = 1;
    while (columns * columns < n) {
        columns++;
    }
    return sticker_sheet(stickers, n, columns, GAP, error);
}
