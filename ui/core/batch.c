#include "ui/core/batch.h"

#include "compute/i18n.h"
#include "compute/train/objective.h"
#include "render/codec.h"
#include "render/signed.h"
#include "ui/core/batch_folder.h"
#include "ui/core/batch_page.h"
#include "ui/core/picture_folder.h"
#include "ui/core/plain_text.h"
#include "ui/core/subject.h"
#include "ui/core/task_text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define CHECKPOINT_EVERY 10        // steps
#define MAX_LIST         (1 << 26) // bytes
#define USUAL_QUALITY    92
#define LEARNING_PART    0.7 // of a photo's time, where it is learned

// ---- the photos ---------------------------------------------------------------------------------

struct batch *batch_new(void)
{
    struct batch *b = g_new0(struct batch, 1);
    b->photos = g_ptr_array_new_with_free_func(g_free);
    b->faults = g_ptr_array_new_with_free_func(g_free);
    b->notes = g_ptr_array_new_with_free_func(g_free);
    b->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    b->failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return b;
}

void batch_free(struct batch *b)
{
    if (b) {
        g_hash_table_unref(b->failed);
        g_hash_table_unref(b->known);
        g_ptr_array_unref(b->notes);
        g_ptr_array_unref(b->faults);
        g_ptr_array_unref(b->photos);
        g_free(b);
    }
}

// Files say their own name, some with and some without where they are.
static void add_sentence(GPtrArray *to, const char *path, const char *message)
{
    g_autofree char *name = g_filename_display_basename(path);
    g_autofree char *shown = g_filename_display_name(path);
    const bool named = g_str_has_prefix(message, name) || g_str_has_prefix(message, shown);
    g_autofree char *text = named ? g_strdup(message) : g_strdup_printf("%s: %s", name, message);
    char *said = plain_text(text, TEXT_MESSAGE);
    if (g_ptr_array_find_with_equal_func(to, said, g_str_equal, NULL)) { // by a run before
        g_free(said);
        return;
    }
    g_ptr_array_add(to, said);
}

static void add_fault(struct batch *b, const char *path, const GError *error)
{
    add_sentence(b->faults, path, error->message);
}

static void add_photo(struct batch *b, const char *path)
{
    char *source = batch_source(path);
    if (g_hash_table_contains(b->known, source)) {
        add_sentence(b->notes, path, _("it is there twice, and is done once"));
        g_free(source);
        return;
    }
    g_ptr_array_add(b->photos, source);
    g_hash_table_add(b->known, g_strdup(source));
}

void batch_add(struct batch *b, const char *path)
{
    g_autoptr(GError) error = NULL;
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        add_photo(b, path);
        return;
    }
    g_autoptr(GPtrArray) found = picture_folder(path, &error);
    if (!found) {
        add_fault(b, path, error);
    }
    for (guint i = 0; found && i < found->len; i++) {
        add_photo(b, found->pdata[i]);
    }
}

// A name may hold anything but a line's end; one that was written on Windows ends in two of them.
bool batch_add_list(struct batch *b, const char *list, GError **error)
{
    GStatBuf info;
    g_autofree char *text = NULL;
    gsize size = 0;
    const bool odd = g_stat(list, &info) == 0 && // a pipe would be waited for
                     (!S_ISREG(info.st_mode) || info.st_size > MAX_LIST);
    if (odd || !g_file_get_contents(list, &text, &size, error) || strlen(text) != size) {
        if (text || odd) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("%s is no list of photos, a path on each line"), list);
        }
        return false;
    }
    static const char mark[] = "\xef\xbb\xbf"; // of byte order, as some editors write it
    const guint before = b->photos->len + b->faults->len + b->notes->len;
    g_auto(GStrv) lines =
        g_strsplit(g_str_has_prefix(text, mark) ? text + strlen(mark) : text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *line = lines[i];
        if (g_str_has_suffix(line, "\r")) {
            line[strlen(line) - 1] = '\0';
        }
        if (*line && *line != '#') {
            batch_add(b, line);
        }
    }
    if (b->photos->len + b->faults->len + b->notes->len == before) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s names no photo: each line of it is empty or begins with #"), list);
        return false;
    }
    return true;
}

// ---- the recipe ---------------------------------------------------------------------------------

static const struct codec *codec_of(const struct batch_recipe *r)
{
    return codec_find(r->save.format ? r->save.format : "png");
}

static char *ending_of(const struct batch_recipe *r)
{
    return g_strconcat(r->suffix ? r->suffix : "", ".", codec_of(r)->suffixes[0], NULL);
}

bool batch_recipe_check(const struct batch_recipe *r, GError **error)
{
    const struct codec *codec = codec_of(r);
    const bool deep = codec && codec->deep, lossy = codec && codec->lossy;
    const char *format = r->save.format ? r->save.format : "png";
    const bool unwritten = !codec || !codec->write, shallow = r->save.bits == 16 && !deep;
    const bool fault = unwritten || shallow || (r->save.quality > 0 && !lossy);
    if (fault) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    unwritten ? _("the format %s is no kind of file that can be written")
                    : shallow ? _("the format %s has 8 bits a channel, not 16")
                              : _("the format %s leaves nothing out, and a quality says how much"),
                    format);
    }
    if (r->suffix && strchr(r->suffix, '/')) {
        g_set_error(fault ? NULL : error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("what is added to names has no / in it, and \"%s\" does"), r->suffix);
        return false;
    }
    return !fault;
}

char *batch_text(const struct batch *b, const struct task_progress *progress)
{
    g_autofree char *text = task_text(progress);
    return progress->stage == TASK_WRITING_FILE
               ? g_strdup(_("Writing the contact sheet"))
               : g_strdup_printf(_("Photo %u of %u: %s"), b->at + 1, b->photos->len, text);
}

// Only what is not usual, so that a folder of an earlier version is gone on with.
static void append_output(GString *text, const struct image_save_params *save)
{
    if (save->sizing.long_edge > 0) {
        g_string_append_printf(text, ", Long edge: %d", save->sizing.long_edge);
    } else if (save->sizing.percent > 0) {
        g_string_append_printf(text, ", Percent: %g", save->sizing.percent);
    }
    if (save->sharpening != IMAGE_SHARPEN_NONE) {
        g_string_append_printf(text, ", Sharpened: %d", save->sharpening);
    }
    if (!save->keep_metadata) {
        g_string_append(text, ", Metadata: none");
    }
    if (!save->keep_profile) {
        g_string_append(text, ", Colour space: sRGB");
    }
}

char *batch_recipe_text(const struct batch_recipe *r, const struct model *m)
{
    g_autofree char *edit = engine_recipe(&r->request, NULL, m, r->adapters, r->n_adapters,
                                          &(const struct engine_made){0});
    g_autofree char *words = r->words ? g_strjoinv(" ", (char **)r->words) : g_strdup("");
    g_autofree char *learn = r->learn ? settings_text(r->learn) : g_strdup("nothing");
    g_autofree char *key = adapters_key(r->adapters, r->n_adapters);
    const struct frame_rule *f = &r->frame;
    g_autofree char *ending = ending_of(r);
    GString *text = g_string_new(edit);
    g_string_append_printf(text, "\nFrame: %d %g %g %g %g, Selected: %s", f->kind, f->x, f->y,
                           f->width, f->height, words);
    g_string_append_printf(text, ", Learned: %s", learn);
    if (r->learn) {
        g_string_append_printf(text, ", Learning seed: %" G_GUINT64_FORMAT, r->learn_seed);
    }
    g_string_append_printf(text, ", Working size: %d, Own size: %s, Adapters: %.12s", r->side,
                           r->raw ? "model's" : "photo's", key);
    if (r->control) {
        g_string_append_printf(text, ", Edges by: %s %g", r->control->net->name,
                               r->control_strength);
    }
    g_string_append_printf(text, ", Named: %s, Bits: %d, Quality: %d, Recipe within: %s", ending,
                           r->save.bits, r->save.quality == USUAL_QUALITY ? 0 : r->save.quality,
                           r->with_recipe ? "yes" : "no");
    append_output(text, &r->save);
    return g_string_free(text, FALSE);
}

// ---- one photo ----------------------------------------------------------------------------------

struct run {
    struct batch *b;
    struct engine *e;
    const struct batch_recipe *r;
    struct batch_folder *folder;
    struct task task;   // what works under it is a part of the whole
    struct task *whole; // the caller's
    guint todo, done;   // photos that are not there yet, and those that are by now
    double part;        // of that photo, 0..1
    gint64 begun_us;
};

// One photo on its way.
struct item {
    struct photo *photo;
    char *caption; // what it shows; NULL: nothing says so
    struct image_region region;
    struct raster *mask;
    struct engine_place place;
    struct adapter *learned; // of it alone; NULL: none
    struct edit_hint hint;
    struct edit_request request;
};

static void item_clear(struct item *i)
{
    photo_unref(i->photo);
    g_free(i->caption);
    raster_free(i->mask);
    adapter_free(i->learned);
    g_free((float *)i->hint.picture);
}

static bool open_photo(struct run *run, const char *path, struct item *i, GError **error)
{
    g_autoptr(GFile) from = g_file_new_for_path(path);
    struct image *full = image_load_whole(from, &run->task, error); // nobody looks at each
    if (full && full->meta.note) {
        add_sentence(run->b->notes, path, full->meta.note);
    }
    i->photo = full ? engine_photo(run->e, full, run->r->side, 0, error) : NULL;
    return i->photo != NULL;
}

// What NAME.txt beside the photo says counts where the recipe says nothing.
static bool describe(struct run *run, const char *path, struct item *i, GError **error)
{
    const char *given = run->r->request.source_prompt;
    i->caption = g_strdup(given);
    if (!given) {
        struct subject_file *beside = subject_file_read(path, i->photo, error);
        if (!beside) {
            return false;
        }
        i->caption = g_strdup(beside->caption);
        subject_file_free(beside);
    }
    if (!i->caption && (run->r->learn || run->r->words)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    run->r->learn
                        ? _("nothing says what it shows, which is needed to learn it: a sentence "
                            "for all, or a text of its name that ends in .txt")
                        : _("nothing says what it shows, which is needed to find a word in it: a "
                            "sentence for all, or a text of its name that ends in .txt"));
        return false;
    }
    i->request = run->r->request;
    i->request.source_prompt = i->caption;
    return true;
}

static bool use_adapters(struct run *run, struct adapter *own, GError **error)
{
    const struct batch_recipe *r = run->r;
    g_autofree struct adapter **list = g_new0(struct adapter *, r->n_adapters + 1);
    for (int i = 0; i < r->n_adapters; i++) {
        list[i] = r->adapters[i];
    }
    list[r->n_adapters] = own;
    return engine_use(run->e, list, r->n_adapters + (own != NULL), &run->task, error);
}

static bool place(struct run *run, struct item *i, GError **error)
{
    const struct batch_recipe *r = run->r;
    const bool looks = r->words || r->frame.kind == FRAME_AUTO;
    double share;
    return (!looks || use_adapters(run, NULL, error)) &&
           frame_rule_apply(&r->frame, run->e, i->photo, NULL, &i->request, &i->region, &run->task,
                            error) &&
           where_words(run->e, i->photo, &i->region, &i->request, r->words, &i->mask, &share,
                       &run->task, error) &&
           engine_place_raster(i->photo, i->mask, &i->region, &i->place, error);
}

static bool learn_from(struct run *run, struct item *i, const char *resume, GError **error)
{
    const struct batch_recipe *r = run->r;
    const struct train_params params = {
        .settings = r->learn,
        .seed = r->learn_seed,
        .checkpoint_path = batch_folder_checkpoint(run->folder),
        .checkpoint_every = CHECKPOINT_EVERY,
        .beneath = r->adapters,
        .n_beneath = r->n_adapters,
    };
    adapter_free(i->learned);
    i->learned = adapter_new(settings_choice(r->learn, "method"), run->e->model,
                             settings_member(r->learn, "method"), error);
    return i->learned && engine_learn(run->e, i->photo, &i->place.region, i->caption, i->learned,
                                      &params, resume, NULL, NULL, &run->task, error);
}

// Goes on where it was stopped; what was kept of something else, or is damaged, is not gone on
// with.
static bool learn(struct run *run, struct item *i, GError **error)
{
    const char *checkpoint = batch_folder_checkpoint(run->folder);
    g_autoptr(GError) fault = NULL;
    if (!run->r->learn) {
        return true;
    }
    if (g_file_test(checkpoint, G_FILE_TEST_EXISTS)) {
        if (learn_from(run, i, checkpoint, &fault)) {
            return true;
        }
        if (task_cancelled(&run->task, error)) {
            return false;
        }
        g_unlink(checkpoint);
    }
    return learn_from(run, i, NULL, error);
}

static bool lead(struct run *run, struct item *i, GError **error)
{
    const struct engine_control *c = run->r->control;
    const float *rgb;
    int width, height;
    if (!c) {
        return true;
    }
    if (!engine_see(run->e, i->photo, &i->place.region, &rgb, &width, &height, error)) {
        return false;
    }
    i->hint = (struct edit_hint){.net = c->net,
                                 .picture = engine_edges_hint(c, rgb, width, height),
                                 .strength = run->r->control_strength};
    i->request.hint = &i->hint;
    return true;
}

// ---- its file -----------------------------------------------------------------------------------

static char *recipe_of(struct run *run, const struct item *i, const struct edit_result *drawn,
                       int width, int height)
{
    const struct engine_made made = {width, height, drawn->precision};
    return engine_recipe(&i->request, &i->place, run->e->model,
                         (struct adapter **)run->e->in_use->pdata, (int)run->e->in_use->len, &made);
}

static bool write_rows(struct run *run, const struct item *i, const struct edit_result *drawn,
                       const struct image_rows *rows, const char *target, GError **error)
{
    g_autoptr(GFile) to = g_file_new_for_path(target);
    g_autofree char *recipe =
        run->r->with_recipe ? recipe_of(run, i, drawn, rows->width, rows->height) : NULL;
    struct image_save_params save = run->r->save;
    save.format = save.format ? save.format : "png";
    save.recipe = recipe;
    save.task = &run->task;
    return image_rows_save(rows, to, &save, error);
}

static bool write_raw(struct run *run, const struct item *i, const struct edit_result *drawn,
                      const char *target, GError **error)
{
    struct image *image = image_from_signed(drawn->rgb, drawn->width, drawn->height, error);
    if (!image) {
        return false;
    }
    const struct image_rows rows = image_rows_of(image);
    const bool ok = write_rows(run, i, drawn, &rows, target, error);
    image_free(image);
    return ok;
}

static bool write_full(struct run *run, const struct item *i, const struct edit_result *drawn,
                       const char *target, GError **error)
{
    struct detail *detail =
        engine_detail(run->e, i->photo, &i->place, &i->request, drawn, &run->task, error);
    if (!detail) {
        return false;
    }
    const struct image_rows rows = detail_rows(detail);
    const bool ok = write_rows(run, i, drawn, &rows, target, error);
    detail_free(detail);
    return ok;
}

static bool do_photo(struct run *run, const char *path, const char *target, GError **error)
{
    struct item i = {0};
    struct edit_result *drawn = NULL;
    bool ok = open_photo(run, path, &i, error) && describe(run, path, &i, error) &&
              place(run, &i, error) && learn(run, &i, error) &&
              use_adapters(run, i.learned, error) && lead(run, &i, error) &&
              (drawn = engine_edit(run->e, i.photo, &i.place, i.request, &run->task, error)) &&
              (run->r->raw ? write_raw : write_full)(run, &i, drawn, target, error);
    edit_result_free(drawn);
    g_ptr_array_set_size(run->e->in_use, 0); // of which one goes
    item_clear(&i);
    return ok;
}

// ---- how far it is ------------------------------------------------------------------------------

// How much of a photo is done. Most of it is the edit, or where there is one the training.
static double part_of(const struct task_progress *progress, bool learns)
{
    const double before = learns ? LEARNING_PART : 0, rest = 1 - before;
    const double fraction = CLAMP(progress->fraction, 0, 1);
    switch (progress->stage) {
    case TASK_LEARNING:
    case TASK_SAMPLING: return before * fraction;
    case TASK_INVERTING:
    case TASK_DRAWING:
    case TASK_COMPARING:
    case TASK_FINDING_EDIT_MASK: return before + 0.9 * rest * fraction;
    case TASK_RESTORING: return before + (0.9 + 0.1 * fraction) * rest;
    case TASK_WRITING_FILE: return 1;
    default: return 0;
    }
}

// Of the whole; the time left by what was made, not by what was there already.
static void report_cb(struct task *task, const struct task_progress *progress)
{
    struct run *run = task->data;
    run->part = MAX(run->part, part_of(progress, run->r->learn != NULL));
    const double seconds = (double)(g_get_monotonic_time() - run->begun_us) / 1e6;
    const double done = run->done + run->part, left = MAX(0.0, run->todo - done);
    struct task_progress whole = *progress;
    whole.fraction = (run->b->at + run->part) / run->b->photos->len;
    whole.seconds_left = done > 0.2 ? seconds * left / done : -1.0;
    whole.preview = NULL; // of a photo that nobody looks at
    task_tell(run->whole, &whole);
}

// ---- all of them --------------------------------------------------------------------------------

// False where nothing more can be done.
static bool end_photo(struct run *run, const char *photo, GError *fault, GError **error)
{
    if (g_error_matches(fault, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
        g_error_matches(fault, G_IO_ERROR, G_IO_ERROR_NO_SPACE)) {
        g_propagate_error(error, fault);
        return false;
    }
    add_fault(run->b, photo, fault);
    g_hash_table_add(run->b->failed, g_strdup(photo));
    g_error_free(fault);
    return true;
}

static bool make(struct run *run, const char *photo, GError **error)
{
    struct batch *b = run->b;
    const char *target = batch_folder_target(run->folder, photo);
    const gint64 begun_us = g_get_monotonic_time();
    GError *fault = NULL;
    const bool ok = do_photo(run, photo, target, &fault);
    batch_folder_release(run->folder);
    run->done++;
    run->part = 0;
    if (!ok) {
        return end_photo(run, photo, fault, error);
    }
    b->made++;
    if (b->exported) {
        b->exported(photo, target, (double)(g_get_monotonic_time() - begun_us) / 1e6, b->data);
    }
    return true;
}

// What another process is at goes into others.
static bool do_next(struct run *run, GArray *others, GError **error)
{
    const char *photo = run->b->photos->pdata[run->b->at];
    GError *fault = NULL;
    if (g_hash_table_contains(run->b->failed, photo)) {
        return true;
    }
    switch (batch_folder_claim(run->folder, photo, &fault)) {
    case BATCH_DONE: return true;
    case BATCH_ELSEWHERE: g_array_append_val(others, run->b->at); return true;
    case BATCH_FAILED: return end_photo(run, photo, fault, error);
    default: return make(run, photo, error);
    }
}

// What another process was at is looked at again in the end: it may have been killed since.
static bool do_all(struct run *run, GError **error)
{
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GArray) still = g_array_new(FALSE, FALSE, sizeof(guint));
    const guint n = run->b->photos->len;
    bool ok = true;
    for (run->b->at = 0; ok && run->b->at < n; run->b->at++) {
        ok = !task_cancelled(&run->task, error) && do_next(run, others, error);
    }
    for (guint i = 0; ok && i < others->len; i++) {
        run->b->at = g_array_index(others, guint, i);
        ok = !task_cancelled(&run->task, error) && do_next(run, still, error);
    }
    run->b->at = n - 1;
    run->part = 1; // what follows is of all
    run->b->elsewhere = still->len;
    return ok;
}

// Whether the page that is there was written after all pictures.
static bool has_page(const struct run *run)
{
    g_autofree char *path = batch_folder_file(run->folder, BATCH_PAGE);
    struct stat page, made;
    bool newer = stat(path, &page) == 0;
    for (guint i = 0; newer && i < run->b->photos->len; i++) {
        const char *target = batch_folder_target(run->folder, run->b->photos->pdata[i]);
        newer = stat(target, &made) != 0 || made.st_mtim.tv_sec < page.st_mtim.tv_sec ||
                (made.st_mtim.tv_sec == page.st_mtim.tv_sec &&
                 made.st_mtim.tv_nsec < page.st_mtim.tv_nsec);
    }
    return newer;
}

static bool write_page(struct run *run, GError **error)
{
    struct batch_page page = {.photos = run->b->photos,
                              .faults = run->b->faults,
                              .prompt = run->r->request.prompt,
                              .folder = run->folder};
    return has_page(run) || batch_page_write(&page, &run->task, error);
}

static guint count_there(const struct run *run)
{
    guint n = 0;
    for (guint i = 0; i < run->b->photos->len; i++) {
        n += g_file_test(batch_folder_target(run->folder, run->b->photos->pdata[i]),
                         G_FILE_TEST_EXISTS);
    }
    return n;
}

// Photos that are of the folder itself, as where it is in the one that was added, are no photos to
// be done.
static void leave_out_made(struct run *run)
{
    GPtrArray *photos = run->b->photos;
    for (guint i = photos->len; i-- > 0;) {
        if (batch_folder_made(run->folder, photos->pdata[i])) {
            g_ptr_array_remove_index(photos, i);
        }
    }
}

bool batch_run(struct batch *b, struct engine *e, const struct batch_recipe *r, const char *folder,
               struct task *task, GError **error)
{
    struct run run = {.b = b, .e = e, .r = r, .whole = task, .begun_us = g_get_monotonic_time()};
    run.task =
        (struct task){.report = report_cb, .data = &run, .cancellable = task_cancellable(task)};
    if (b->photos->len == 0) {
        return true;
    }
    g_autofree char *text = batch_recipe_text(r, e->model);
    g_autofree char *ending = ending_of(r);
    run.folder = batch_folder_open(folder, text, ending, b->photos, error);
    if (!run.folder) {
        return false;
    }
    leave_out_made(&run);
    run.todo = b->photos->len - count_there(&run);
    const bool ok = b->photos->len == 0 || (do_all(&run, error) && write_page(&run, error));
    b->there = count_there(&run);
    b->elsewhere = MIN(b->elsewhere, b->photos->len - b->there); // those that came meanwhile
    b->there -= MIN(b->there, b->made);
    batch_folder_free(run.folder);
    return ok;
}
