#include "ui/cli/cli.h"

#include "compute/adapter/group.h"
#include "compute/file/safetensors.h"
#include "compute/model/embedding.h"
#include "render/codec.h"
#include "render/file.h"
#include "ui/core/export_options.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"
#include "ui/core/task_text.h"
#include "ui/core/words_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- progress -----------------------------------------------------------------------------------

static bool line_open;

void cli_progress(const struct task_progress *progress, const char *text)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    g_autofree char *left = time_left_text(progress->seconds_left);
    fputs("\r\033[K", stderr);
    if (progress->fraction >= 0.0) {
        fprintf(stderr, "%3.0f %%  ", progress->fraction * 100.0);
    }
    fprintf(stderr, "%s%s%s", text, left ? ", " : "", left ? left : "");
    fflush(stderr);
    line_open = true;
}

static void report_cb(struct task *task, const struct task_progress *progress)
{
    g_autofree char *text = task_text(progress);
    cli_progress(progress, text);
}

struct task cli_task = {.report = report_cb};

void cli_progress_end(void)
{
    if (line_open) {
        fprintf(stderr, "\r\033[K");
        line_open = false;
    }
}

void cli_complain(const char *sentence)
{
    g_autofree char *text = plain_text(sentence, TEXT_SENTENCE);
    fprintf(stderr, "%s\n", text);
}

bool cli_flush(GError **error)
{
    static bool said; // the loss of an answer, which is lost once
    const int code = said ? 0 : fflush(stdout) != 0 ? errno : ferror(stdout) ? EIO : 0;
    if (!code) {
        return true;
    }
    said = true;
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "the answer could not be written: %s",
                g_strerror(code));
    return false;
}

// ---- what the options describe ------------------------------------------------------------------

// One of --embedding: a file of that whole name goes first.
static bool load_embedding(const struct cli *c, const char *text, GError **error)
{
    const char *slash = strrchr(text, '/'), *colon = strchr(slash ? slash : text, ':');
    const bool whole = !colon || g_file_test(text, G_FILE_TEST_EXISTS);
    g_autofree char *path = whole ? g_strdup(text) : g_strndup(text, (gsize)(colon - text));
    struct st_file *f = st_open(path, error);
    const bool taken = !whole && model_reads_as_word(c->engine->model, colon + 1);
    const bool ok = f && model_embed_file(c->engine->model, f, whole ? NULL : colon + 1, error);
    g_autofree char *note = ok ? model_embedding_note(f) : NULL;
    if (note) {
        g_autofree char *said = g_strdup_printf("%s: %s", path, note);
        cli_complain(said);
    }
    if (ok && taken) {
        g_autofree char *said = g_strdup_printf(
            "%s: “%s” is a word of this model, in the place of which it is read now", path,
            colon + 1);
        cli_complain(said);
    }
    st_free(f);
    return ok;
}

static bool has_style(const struct cli *c)
{
    return c->settings && settings_find(c->settings, "long_prompt", NULL);
}

static struct prompt_style style_of(const struct cli *c)
{
    return has_style(c) ? edit_prompt_style(c->settings) : (struct prompt_style){0};
}

// What the model does not read of a sentence is said, with the last words that it reads.
static void note_cut(const struct cli *c, const char *text)
{
    const struct prompt_style style = style_of(c);
    g_autofree char *end = reading_end(c->engine->model, &style, text, "...");
    if (end) {
        g_autofree char *said = g_strdup_printf(
            "a sentence is longer than the model reads; it reads up to \"%s\"%s", end,
            has_style(c) && !style.long_prompt ? " (--long-prompt has it read on)" : "");
        cli_progress_end();
        cli_complain(said);
    }
}

// All that the model is to read (const char *), which the options keep; freed by the caller.
static GPtrArray *sentences(const struct cli *c)
{
    const char *const texts[] = {c->prompt, c->source_prompt, c->negative, c->class_prompt};
    GPtrArray *all = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i]) {
            g_ptr_array_add(all, (char *)texts[i]);
        }
    }
    for (int i = 0; c->prompts && c->prompts[i]; i++) {
        g_ptr_array_add(all, c->prompts[i]);
    }
    return all;
}

static void note_cuts(const struct cli *c)
{
    g_autoptr(GPtrArray) texts = sentences(c);
    for (guint i = 0; i < texts->len; i++) {
        note_cut(c, texts->pdata[i]);
    }
}

// (red:1.2) means something elsewhere, and here where that is asked for.
static void note_weights(const struct cli *c)
{
    g_autoptr(GPtrArray) texts = sentences(c);
    for (guint i = 0; has_style(c) && !style_of(c).emphasis && i < texts->len; i++) {
        g_autofree char *weighed = weighed_word(texts->pdata[i]);
        if (weighed) {
            g_autofree char *said = g_strdup_printf(
                "%s is read as it stands; --emphasis takes it for the weight of a word", weighed);
            cli_progress_end();
            cli_complain(said);
            return;
        }
    }
}

// As the window says below a sentence: the words that the model knows little or not at all.
static void note_unknown(const struct cli *c, const char *text)
{
    g_autofree char *dir = paths_model(c->model);
    struct vocabulary *v = vocabulary_load(dir, NULL);
    g_autofree char *said = words_text(v, c->engine->model, text);
    if (*said) {
        cli_progress_end();
        cli_complain(said);
    }
    vocabulary_free(v);
}

static void note_words(const struct cli *c)
{
    const struct prompt_style style = style_of(c);
    g_autoptr(GPtrArray) texts = sentences(c);
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < texts->len; i++) {
        g_autofree char *plain = prompt_plain(&style, texts->pdata[i]);
        g_string_append_printf(all, "%s ", plain); // the blank: a last word has come to its end
    }
    note_unknown(c, all->str);
}

void cli_note_kinds(const struct cli *c)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_string_append_printf(all, "%s ", c->kind ? c->kind : "");
    for (int i = 0; c->subjects && c->subjects[i]; i++) {
        g_string_append_printf(all, "%s ", strrchr(c->subjects[i], ':') + 1);
    }
    note_unknown(c, all->str);
}

// Once the words are known that come with adapters.
void cli_note_sentences(const struct cli *c)
{
    note_words(c);
    note_weights(c);
    note_cuts(c);
}

// More steps than the sampler's own grid has are told before the weights are read.
static bool check_steps(const struct cli *c, const char *path, GError **error)
{
    if (!c->settings || !settings_find(c->settings, "scheduler", NULL) ||
        !settings_matters(c->settings, "scheduler")) {
        return true;
    }
    const int steps = settings_int(c->settings, "steps");
    const struct sampler_type *type = sampler_find(settings_choice(c->settings, "scheduler"));
    struct model *m = type->most_steps ? model_inspect(path, NULL) : NULL;
    if (!m) { // what is wrong with it, loading says
        return true;
    }
    struct noise_schedule schedule;
    noise_schedule_init(&schedule, &m->sched);
    const int most = sampler_most_steps(type, &schedule);
    noise_schedule_finish(&schedule);
    model_free(m);
    if (steps > most) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%d steps are outside 1 to %d, which %s can take with this model", steps, most,
                    type->title);
    }
    return steps <= most;
}

struct engine *cli_engine(struct cli *c, GError **error)
{
    if (!c->engine) {
        g_autofree char *dir = paths_model(c->model);
        if (!check_steps(c, dir, error)) {
            return NULL;
        }
        c->engine = engine_open(dir, c->vae, c->device, c->precision, &cli_task, error);
        if (c->engine && c->engine->model->note) {
            cli_progress_end();
            cli_complain(c->engine->model->note);
        }
        for (int i = 0; c->engine && c->embeddings && c->embeddings[i]; i++) {
            if (!load_embedding(c, c->embeddings[i], error)) {
                return NULL;
            }
        }
        if (c->engine && !c->adapters && !c->token && !c->subjects) {
            cli_note_sentences(c);
        }
    }
    return c->engine;
}

struct adapter *cli_adapter(const struct cli *c, const char *path, GError **error)
{
    struct adapter *a = adapter_load(path, c->engine->model, error);
    g_autofree char *remark = a ? adapter_remark(a) : NULL;
    if (remark) {
        g_autofree char *said = g_strdup_printf("%s: %s", a->name, remark);
        cli_complain(said);
    }
    return a;
}

// FILE:0,down=1@0-700: groups of layers have strengths of their own, and it acts in time steps.
static struct adapter *adapter_grouped(const struct cli *c, const char *text, const char *colon,
                                       GError **error)
{
    g_autofree char *path = g_strndup(text, (gsize)(colon - text));
    struct adapter *a = cli_adapter(c, path, error);
    if (a && !adapter_set_strengths(a, colon + 1, error)) {
        g_prefix_error(error, "%s: ", path);
        g_clear_pointer(&a, adapter_free);
    }
    return a;
}

struct adapter *cli_adapter_scaled(const struct cli *c, const char *text, GError **error)
{
    // Legal as in documents.
    static const struct setting strength = {.kind = SETTING_FLOAT, .min = -10, .max = 10};
    const char *slash = strrchr(text, '/'), *colon = strrchr(slash ? slash : text, ':');
    g_autofree char *path = NULL;
    double scale = 1.0;
    if (g_file_test(text, G_FILE_TEST_EXISTS)) {
        path = g_strdup(text);
    } else if (colon && strpbrk(colon, "=@")) {
        return adapter_grouped(c, text, colon, error);
    } else if (!cli_split(text, &strength, &path, &scale)) {
        g_set_error(
            error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
            "%s: no file has that name, and behind a colon the strength of an adapter is a "
            "number from %g to %g, or 0,down=1 by groups of layers; 1@0-700 is in those time "
            "steps alone",
            text, strength.min, strength.max);
        return NULL;
    }
    struct adapter *a = cli_adapter(c, path, error);
    if (a && a->extras->len > 0) {
        g_autofree char *said = g_strdup_printf(
            "%s is a control, and nothing leads it as an adapter: --control takes its hint",
            a->name);
        cli_complain(said);
    }
    if (a) {
        a->scale = scale;
    }
    if (a && scale == 0) {
        g_autofree char *said = g_strdup_printf("%s: at strength 0 it has no effect", a->name);
        cli_complain(said);
    }
    return a;
}

// --style NAME[:STRENGTH] as the file that it is.
static struct adapter *load_style(const struct cli *c, GError **error)
{
    g_autofree char *model = paths_model(c->model);
    const char *colon = strchr(c->style, ':');
    g_autofree char *name =
        colon ? g_strndup(c->style, (gsize)(colon - c->style)) : g_strdup(c->style);
    g_autofree char *path = paths_style(model, name);
    if (strchr(name, G_DIR_SEPARATOR) || !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_auto(GStrv) styles = paths_styles(model);
        g_autofree char *names = g_strjoinv(", ", styles);
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s has no style \"%s\"%s%s%s",
                    c->engine->model->name, name, *names ? " (it has " : "", names,
                    *names ? ")" : "");
        return NULL;
    }
    g_autofree char *text = g_strconcat(path, colon, NULL);
    return cli_adapter_scaled(c, text, error);
}

bool cli_adapters_load(struct cli *c, GError **error)
{
    c->loaded = g_ptr_array_new_with_free_func((GDestroyNotify)adapter_free);
    if (c->style) {
        struct adapter *style = load_style(c, error);
        if (!style) {
            return false;
        }
        g_ptr_array_add(c->loaded, style);
    }
    for (int i = 0; c->adapters && c->adapters[i]; i++) {
        struct adapter *a = cli_adapter_scaled(c, c->adapters[i], error);
        if (!a) {
            return false;
        }
        g_ptr_array_add(c->loaded, a);
    }
    return true;
}

bool cli_adapters(struct cli *c, GError **error)
{
    if (!cli_adapters_load(c, error)) {
        return false;
    }
    const bool ok = engine_use(c->engine, (struct adapter **)c->loaded->pdata, (int)c->loaded->len,
                               &cli_task, error);
    if (ok && c->adapters) {
        cli_note_sentences(c);
    }
    return ok;
}

bool cli_weights(struct cli *c, GError **error)
{
    static const struct setting factor = {.kind = SETTING_FLOAT, .min = -10, .max = 10};
    const guint n = c->weights ? g_strv_length(c->weights) : 0;
    c->word_weights = n ? g_new0(struct word_weight, n + 1) : NULL;
    for (guint i = 0; i < n; i++) {
        struct word_weight *w = &c->word_weights[i];
        char *words;
        w->factor = NAN;
        if (!cli_split(c->weights[i], &factor, &words, &w->factor) || isnan(w->factor)) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        "--weight needs WORD:FACTOR with a factor from %g to %g, not \"%s\"",
                        factor.min, factor.max, c->weights[i]);
            g_free(words);
            return false;
        }
        g_free(c->weights[i]);
        w->words = c->weights[i] = words;
        for (guint k = 0; k < i; k++) {
            if (g_str_equal(c->weights[k], words)) {
                g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                            "--weight is given twice for \"%s\", and there can be one", words);
                return false;
            }
        }
    }
    return true;
}

struct edit_request cli_request(const struct cli *c)
{
    return (struct edit_request){
        .settings = c->settings,
        .prompt = c->prompt ? c->prompt : "",
        .source_prompt = c->source_prompt,
        .negative = c->negative,
        .weights = c->word_weights,
        .seed = (uint64_t)c->seed,
    };
}

struct image *cli_image_load(const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image *image = image_load(file, &cli_task, error);
    if (image && image->meta.note) {
        g_autofree char *name = g_filename_display_basename(path);
        g_autofree char *said = g_strdup_printf("%s: %s", name, image->meta.note);
        cli_complain(said);
    }
    return image;
}

struct photo *cli_photo(struct cli *c, const char *path, GError **error)
{
    struct image *image = cli_image_load(path, error);
    return image ? engine_photo(c->engine, image, c->size, 0, error) : NULL;
}

// ---- files --------------------------------------------------------------------------------------

float *cli_tensor_read(const char *path, const char *name, int64_t shape[4], GError **error)
{
    struct st_file *f = st_open(path, error);
    const struct st_tensor *t = f ? st_find(f, name) : NULL;
    float *data = NULL;
    if (f && (!t || t->rank < 3 || t->rank > 4)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s has no tensor \"%s\" of 3 or 4 dimensions", path, name);
    } else if (t) {
        shape[0] = 1;
        memcpy(shape + (4 - t->rank), t->shape, (size_t)t->rank * sizeof *shape);
        data = g_new(float, t->count);
        if (!st_read_f32(t, data, true, error)) {
            g_clear_pointer(&data, g_free);
        }
    }
    st_free(f);
    return data;
}

bool cli_tensor_write(const char *path, const char *name, int rank, const int64_t *shape,
                      const float *data, GError **error)
{
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, name, rank, shape, data);
    bool ok = st_writer_save(w, path, NULL, error);
    st_writer_free(w);
    return ok;
}

static bool exports(const struct cli *c)
{
    return c->also && c->also->table == export_settings;
}

struct image_save_params cli_save_params(const struct cli *c)
{
    struct image_save_params params = {.keep_metadata = true, .keep_profile = true};
    if (exports(c)) {
        params = export_params(c->also);
        params.quality = cli_given(c, "quality") ? params.quality : 0;
    }
    return params;
}

// What was asked for and the format cannot have, or the name says otherwise. Of no writer:
// image_save_check() says so.
static bool check_kind(const struct image_save_params *params, const char *path, GError **error)
{
    const struct codec *named = codec_find_suffix(path);
    const struct codec *codec = params->format ? codec_find(params->format) : named;
    const bool written = codec && codec->write;
    const char *base = strrchr(path, '/'), *dot = strrchr(base ? base : path, '.');
    if (named && codec != named) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: --format asks for %s, and that ending is a %s file's", path, codec->title,
                    named->title);
    } else if (written && !named && dot && dot[1]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: %s is no picture's ending, and --format asks for %s, which ends in .%s",
                    path, dot, codec->title, codec->suffixes[0]);
    } else if (written && !codec->deep && params->bits == 16) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: a %s file has 8 bits a channel, and --bits asks for 16", path,
                    codec->title);
    } else if (written && !codec->lossy && params->quality > 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: a %s file leaves nothing out, and --quality says how much", path,
                    codec->title);
    } else {
        return true;
    }
    return false;
}

bool cli_image_check(const struct cli *c, const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image_save_params params = cli_save_params(c);
    const char *own = paths_same_file(c->image, path)  ? "the photo itself"
                      : paths_same_file(c->mask, path) ? "the mask"
                      : paths_same_file(c->hint, path) ? "the hint"
                                                       : NULL;
    if (own) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%s is %s, and is not written over", path, own);
        return false;
    }
    if (!check_kind(&params, path, error)) {
        return false;
    }
    GError *fault = NULL;
    if (!image_save_check(file, &params, &fault)) {
        if (g_error_matches(fault, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED)) {
            g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, fault->message);
            g_error_free(fault); // a wrong ending is one of the command line
        } else {
            g_propagate_error(error, fault);
        }
        return false;
    }
    return true;
}

bool cli_adapter_check(const struct adapter_method *method, const char *path, GError **error)
{
    const struct codec *codec = codec_find_suffix(path);
    if (codec) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%s: that ending is a %s picture's, and an adapter is a file that ends in "
                    ".safetensors, or a folder",
                    path, codec->title);
        return false;
    }
    return adapter_save_check(method, path, error);
}

bool cli_rows_write(const struct cli *c, const char *path, const struct image_rows *rows,
                    const struct image *like, const char *recipe, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image_save_params params = cli_save_params(c);
    params.recipe = exports(c) && export_with_recipe(c->also) ? recipe : NULL;
    params.task = &cli_task;
    const char *note = image_save_note(like, file, &params);
    const bool ok = image_rows_save(rows, file, &params, error);
    if (ok && note) {
        g_autofree char *said = g_strdup_printf("%s: %s", path, note);
        cli_progress_end();
        cli_complain(said);
    }
    return ok;
}

bool cli_image_write(const struct cli *c, const char *path, const struct image *image,
                     const char *recipe, GError **error)
{
    const struct image_rows rows = image_rows_of(image);
    return cli_rows_write(c, path, &rows, image, recipe, error);
}

void cli_print_json(JsonBuilder *b)
{
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, TRUE);
    puts(text);
}
