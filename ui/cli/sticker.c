#include "ui/cli/cli.h"

#include "render/file.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"
#include "ui/core/sticker.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

// All that are made: of sentences, or one of a photo.
struct stickers {
    struct cli *c;
    const struct sticker_target *target;
    GPtrArray *prompts; // char *; none: of a photo
    GPtrArray *paths;   // char *, one for each
    GPtrArray *made;    // struct image *, for the sheet
    guint failed;       // of the sentences, which were said
    bool folder;        // it was made for them
};

// ---- what is asked for --------------------------------------------------------------------------

static bool add_lines(const char *path, GPtrArray *prompts, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error)) {
        return false;
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s is no text in UTF-8", path);
        return false;
    }
    static const char mark[] = "\xef\xbb\xbf"; // of byte order, as some editors write it
    const char *begin = g_str_has_prefix(text, mark) ? text + strlen(mark) : text;
    const guint before = prompts->len;
    g_auto(GStrv) lines = g_strsplit(begin, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        g_strstrip(lines[i]);
        if (*lines[i] && *lines[i] != '#') {
            g_ptr_array_add(prompts, g_strdup(lines[i]));
        }
    }
    if (prompts->len == before) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    "%s has no sentence: each line of it is empty or begins with #", path);
    }
    return prompts->len > before;
}

static bool read_prompts(struct stickers *s, GError **error)
{
    const struct cli *c = s->c;
    for (int i = 0; c->prompts && c->prompts[i]; i++) {
        if (!c->prompts[i][strspn(c->prompts[i], " \t\n")]) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        "--prompt is empty: it says what the sticker shows");
            return false;
        }
        g_ptr_array_add(s->prompts, g_strdup(c->prompts[i]));
    }
    if (c->prompts_from && !add_lines(c->prompts_from, s->prompts, error)) {
        return false;
    }
    const bool photo = c->image != NULL;
    if (photo ? s->prompts->len > 0 || c->prompts_from : s->prompts->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    photo ? "a sticker is of --image or of --prompt, not of both"
                          : "there is neither --image nor a --prompt to make a sticker of");
        return false;
    }
    if (s->prompts->len > STICKERS_MOST) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%u sentences are too many at once; %d are the most", s->prompts->len,
                    STICKERS_MOST);
        return false;
    }
    return true;
}

// A file, or of several sentences files in a folder, no two with one name and none that is there.
static void name_files(struct stickers *s)
{
    g_ptr_array_unref(s->paths);
    if (s->prompts->len > 1) {
        s->paths = sticker_paths(s->c->out, s->prompts, s->target->formats[0]);
    } else {
        s->paths = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(s->paths, g_strdup(s->c->out));
    }
}

static bool check_files(struct stickers *s, GError **error)
{
    if (s->prompts->len > 1) {
        const struct cli_written out = {"out", s->c->out, CLI_FOLDER};
        s->folder = !g_file_test(s->c->out, G_FILE_TEST_EXISTS);
        if (!cli_check_ending(&out, error) || !paths_make(s->c->out, error)) {
            return false;
        }
    }
    for (guint i = 0; i < s->paths->len; i++) {
        if (!sticker_save_check(s->paths->pdata[i], s->target, error)) {
            return false;
        }
    }
    return !s->c->sheet || sticker_save_check(s->c->sheet, &sticker_targets[0], error);
}

// ---- making them --------------------------------------------------------------------------------

// Takes cut.
static bool finish(struct stickers *s, guint i, struct image *cut, const char *recipe,
                   GError **error)
{
    const struct sticker_params params = sticker_params(s->c->also);
    struct image *sticker = cut ? sticker_make(cut, &params, error) : NULL;
    int quality = 0;
    image_free(cut);
    if (!sticker) {
        return false;
    }
    if (!sticker_save(sticker, s->paths->pdata[i], s->target, s->c->recipe ? recipe : NULL,
                      &quality, &cli_task, error)) {
        image_free(sticker);
        return false;
    }
    g_ptr_array_add(s->made, sticker);
    cli_progress_end();
    printf("%s: %d x %d", (char *)s->paths->pdata[i], sticker->width, sticker->height);
    puts(quality < 100 ? "" : ", without loss");
    return true;
}

static bool of_prompt(struct stickers *s, guint i, GError **error)
{
    struct cli *c = s->c;
    g_autofree char *recipe = NULL;
    struct edit_request q = cli_request(c);
    q.prompt = c->prompts[i];
    q.width = q.height = model_default_size(c->engine->model);
    struct image *cut = sticker_draw(c->engine, &q, &recipe, &cli_task, error);
    return finish(s, i, cut, recipe, error);
}

// What the model is given, which is what it may not read to the end.
static void put_sentences(struct stickers *s)
{
    g_strfreev(s->c->prompts);
    s->c->prompts = g_new0(char *, s->prompts->len + 1);
    for (guint i = 0; i < s->prompts->len; i++) {
        s->c->prompts[i] = sticker_sentence(s->prompts->pdata[i]);
    }
}

// One that does not come is said, and the others are made; of a single one it is the error.
static bool of_prompts(struct stickers *s, GError **error)
{
    put_sentences(s);
    if (!cli_engine(s->c, error) || !cli_adapters(s->c, error)) {
        return false;
    }
    for (guint i = 0; i < s->prompts->len; i++) {
        g_autoptr(GError) failure = NULL;
        if (of_prompt(s, i, &failure)) {
            continue;
        }
        g_autofree char *name = plain_text(s->prompts->pdata[i], 60);
        g_prefix_error(&failure, "%s: ", name);
        if (s->prompts->len == 1 || task_cancelled(&cli_task, NULL)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        cli_progress_end();
        cli_complain(failure->message);
        s->failed++;
    }
    return true;
}

// The mask of the options; NULL: they name none.
static bool given_raster(struct cli *c, struct photo *p, struct raster **mask, GError **error)
{
    struct settings *looking = settings_new(edit_settings); // those of a run that has a photo
    struct edit_request request = cli_request(c);
    struct image_region region;
    request.settings = looking;
    const bool ok = cli_region(c, p, &region, error) && cli_mask(c, p, mask, error) &&
                    cli_select(c, p, &region, &request, mask, error);
    settings_free(looking);
    return ok;
}

// That, or where there is none the whole photo, whose own transparency then has to say it.
static bool photo_raster(struct cli *c, struct photo *p, struct raster **mask, GError **error)
{
    if (!given_raster(c, p, mask, error)) {
        return false;
    }
    if (*mask) {
        return true;
    }
    if (!p->full->alpha) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "nothing says what of the photo is the thing: --select WORD or --mask FILE "
                    "does");
        return false;
    }
    *mask = raster_new(p->full->width, p->full->height, error);
    if (*mask) {
        memset((*mask)->values, 255, (size_t)p->full->width * (size_t)p->full->height);
    }
    return *mask != NULL;
}

// A model is needed only where it has to look for a word.
static struct photo *open_photo(struct cli *c, GError **error)
{
    enum { SIDE = 64, UNIT = 8 }; // of a photo that no model sees
    if (c->selections) {
        return cli_engine(c, error) && cli_adapters(c, error) ? cli_photo(c, c->image, error)
                                                              : NULL;
    }
    struct image *image = cli_image_load(c->image, error);
    return image ? photo_new(image, SIDE, UNIT, 0, error) : NULL;
}

static bool of_photo(struct stickers *s, GError **error)
{
    struct photo *p = open_photo(s->c, error);
    struct raster *mask = NULL;
    const bool ok = p && photo_raster(s->c, p, &mask, error) &&
                    finish(s, 0, sticker_cut(p->full, mask, error), NULL, error);
    raster_free(mask);
    photo_unref(p);
    return ok;
}

// Of those that came, also where the others were stopped.
static bool write_sheet(const struct stickers *s, GError **error)
{
    if (!s->c->sheet || s->made->len == 0) {
        return true;
    }
    struct image *page =
        sticker_page((struct image *const *)s->made->pdata, (int)s->made->len, error);
    const bool ok =
        page && sticker_save(page, s->c->sheet, &sticker_targets[0], NULL, NULL, NULL, error);
    image_free(page);
    return ok;
}

static bool all_came(const struct stickers *s, GError **error)
{
    if (s->failed) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%u of %u stickers %s not made%s",
                    s->failed, s->prompts->len, s->failed == 1 ? "was" : "were",
                    !s->c->sheet        ? ""
                    : s->made->len == 0 ? ", and there is no page"
                                        : "; the page shows the others");
    }
    return !s->failed;
}

// Of a photo nothing is drawn, and a model looks at it for words alone.
static void note_idle(const struct cli *c)
{
    const struct {
        const char *key;
        bool given;
    } own[] = {{"negative", c->negative != NULL},
               {"recipe", c->recipe},
               {"seed", g_ptr_array_find_with_equal_func(c->numbers, "seed", g_str_equal, NULL)},
               {"adapter", c->adapters && !c->selections},
               {"style", c->style && !c->selections}};
    g_autoptr(GPtrArray) idle = g_ptr_array_new();
    for (guint i = 0; i < c->given->len; i += 2) {
        char *key = c->given->pdata[i];
        if (settings_find(c->settings, key, NULL) &&
            !g_ptr_array_find_with_equal_func(idle, key, g_str_equal, NULL)) {
            g_ptr_array_add(idle, key);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
        if (own[i].given) {
            g_ptr_array_add(idle, (char *)own[i].key);
        }
    }
    for (guint i = 0; c->image && i < idle->len; i++) {
        g_autofree char *name = g_strdelimit(g_strdup(idle->pdata[i]), "_", '-');
        g_autofree char *said =
            g_strdup_printf("--%s has no effect with --image: nothing is drawn", name);
        cli_complain(said);
    }
}

static bool make_all(struct stickers *s, GError **error)
{
    const bool made = s->c->image ? of_photo(s, error) : of_prompts(s, error);
    const bool page = write_sheet(s, made ? error : NULL);
    if (!made && page && s->c->sheet && s->made->len > 0) {
        g_prefix_error(error, "%s shows what was made; ", s->c->sheet);
    }
    return made && page && all_came(s, error);
}

static bool check_words(const struct cli *c, GError **error)
{
    const char *part = c->mask ? "--mask" : c->region ? "--region" : NULL;
    if (part && !c->image) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s says which part of a photo is meant, and there is no --image", part);
        return false;
    }
    if (c->selections && (!c->image || !c->source_prompt)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--select needs --image, and --source-prompt to say what it shows");
        return false;
    }
    return true;
}

static bool run(struct cli *c, GError **error)
{
    struct stickers s = {.c = c,
                         .target = sticker_target(c->also),
                         .prompts = g_ptr_array_new_with_free_func(g_free),
                         .paths = g_ptr_array_new_with_free_func(g_free),
                         .made = g_ptr_array_new_with_free_func((GDestroyNotify)image_free)};
    bool ok = check_words(c, error) && read_prompts(&s, error);
    if (ok) {
        note_idle(c);
        name_files(&s);
        ok = check_files(&s, error) && make_all(&s, error);
        if (s.folder) {
            g_rmdir(c->out); // where it is empty
        }
    }
    g_ptr_array_unref(s.made);
    g_ptr_array_unref(s.paths);
    g_ptr_array_unref(s.prompts);
    return ok;
}

const struct cli_command sticker_command = {
    .name = "sticker",
    .summary = "Make a sticker of a sentence or of what a photo shows",
    .usage = "",
    .settings = generate_settings,
    .also = sticker_settings,
    .options =
        (const char *const[]){
            "model",    "vae",    "device",     "precision", "prompts",       "prompts-from",
            "negative", "set",    "seed",       "adapter",   "model-style",   "embedding",
            "image",    "mask",   "mask-reach", "select",    "source-prompt", "region",
            "sheet",    "recipe", "out",        NULL},
    .needed = (const char *const[]){"out", NULL},
    .run = run,
};
