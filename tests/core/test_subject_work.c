// A subject that is put together, learned, stopped, gone on with and used: what a person put in and
// what was learned is never lost.
#include "tests/core/session_fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static TinctureSubjectWork *work_of(const struct fixture *f)
{
    return f->session->subject;
}

static const struct subject_entry *first_of(const struct fixture *f)
{
    return subject_draft_at(&work_of(f)->draft, 0);
}

static bool is_read(struct fixture *f)
{
    return work_of(f)->reading == 0;
}

static bool is_loaded(struct fixture *f)
{
    return *f->session->studio->model != '\0';
}

static bool is_other(struct fixture *f)
{
    return strstr(f->session->studio->model, "sd1") != NULL;
}

static bool is_over(struct fixture *f)
{
    return !work_of(f)->running;
}

static bool two_steps(struct fixture *f)
{
    return work_of(f)->run.loss->len >= 2;
}

static void add(struct fixture *f, const char *const *names)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; names[i]; i++) {
        g_ptr_array_add(paths, sample_path(names[i]));
    }
    g_ptr_array_add(paths, NULL);
    tincture_subject_work_add(work_of(f), 0, (const char *const *)paths->pdata);
    wait_until(f, is_read, "the photos are read");
}

// Two photos of a cat, few and small things to learn.
static void begin(struct fixture *f, int steps)
{
    fixture_begin(f);
    fixture_open(f);
    wait_until(f, is_loaded, "the model is there");
    TinctureSubjectWork *work = work_of(f);
    tincture_subject_work_load(work);
    g_assert_cmpstr(first_of(f)->word, ==, "<rex>"); // suggested
    add(f, (const char *const[]){"cat.png", "fox.png", NULL});
    tincture_subject_work_set_kind(work, 0, "cat");
    tincture_subject_work_set_own_prompt(work, "a <rex> cat in a boat");
    tincture_subject_work_set(work, "steps", steps);
    tincture_subject_work_set(work, "class_pictures", 2);
    tincture_subject_work_set(work, "crops", 2);
}

static bool learn(struct fixture *f)
{
    return tincture_subject_work_learn(work_of(f), f->session->studio->reader);
}

static char *learned_path(const struct fixture *f)
{
    g_autoptr(GPtrArray) known = tincture_subject_work_known(work_of(f));
    g_assert_cmpuint(known->len, ==, 1);
    const struct library_file *k = known->pdata[0];
    g_assert_cmpstr(k->name, ==, "<rex> cat");
    return g_strdup(k->path);
}

// All of it but the date.
static GBytes *learned_bytes(const struct fixture *f)
{
    static const char key[] = "\"modelspec.date\":\"";
    g_autofree char *path = learned_path(f);
    char *data;
    gsize size;
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    char *date = g_strstr_len(data + 8, (gssize)size - 8, key); // behind the length of the header
    g_assert_nonnull(date);
    memset(date + strlen(key), '0', strlen("2026-01-01T00:00:00"));
    return g_bytes_new_take(data, size);
}

static void check_strips(const struct fixture *f, guint samples)
{
    const GPtrArray *strips = work_of(f)->strips;
    g_assert_cmpuint(strips->len, ==, 4);
    for (guint i = 0; i < strips->len; i++) {
        const struct subject_strip *s = strips->pdata[i];
        g_assert_cmpuint(s->samples->len, ==, samples);
        g_assert_true(i == 0 || strstr(s->title, i == 3 ? "a <rex> cat in a boat"
                                                        : "a photograph of a <rex> cat "));
    }
}

// Without an open photo it waits in the library; used on one, it is an adapter like others.
static void test_learn_and_use(void)
{
    struct fixture f;
    begin(&f, 3);
    g_assert_true(learn(&f));
    g_assert_false(learn(&f)); // one at a time
    g_assert_nonnull(strstr(f.last_message, "running already"));
    wait_until(&f, is_over, "the subject is learned");
    g_assert_cmpuint(work_of(&f)->run.loss->len, ==, 3);
    g_assert_nonnull(strstr(f.last_message, "a photograph of a <rex> cat"));
    check_strips(&f, 1);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);
    g_autofree char *path = learned_path(&f);
    g_autofree char *same = tincture_subject_work_same_word(work_of(&f), 0);
    g_assert_cmpstr(same, ==, "<rex> cat");

    fixture_photo(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    tincture_subject_work_use(work_of(&f), path);
    tincture_subject_work_use(work_of(&f), path); // twice is once
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    const TinctureAdapterEntry *entry = tincture_project_adapter(f.project, 0);
    g_assert_cmpstr(entry->name, ==, "<rex> cat");
    g_assert_cmpint(entry->applied, >, 0);
    g_assert_cmpint(entry->applied, ==, entry->total);
    g_assert_cmpstr(entry->caption, ==, "a photograph of a <rex> cat");
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a photograph of a <rex> cat");
    wait_idle(&f);
    g_assert_nonnull(f.project->result);
    g_assert_cmpuint(f.project->result->adapters->len, ==, 1);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

// Learned with a photo open, it is in its list at once.
static void test_open_photo(void)
{
    struct fixture f;
    begin(&f, 1);
    fixture_photo(&f);
    g_assert_true(learn(&f));
    wait_until(&f, is_over, "the subject is learned");
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    g_assert_true(tincture_project_adapter(f.project, 0)->enabled);

    // Learned again, it is another attempt: one of them is on.
    g_assert_true(learn(&f));
    wait_until(&f, is_over, "the subject is learned again");
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 2);
    g_assert_false(tincture_project_adapter(f.project, 0)->enabled);
    g_assert_true(tincture_project_adapter(f.project, 1)->enabled);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

// Stopped, closed and gone on with, the numbers are the same bit for bit.
static void test_goes_on(void)
{
    struct fixture f;
    begin(&f, 8);
    g_assert_true(learn(&f));
    wait_until(&f, is_over, "the subject is learned in one go");
    g_autoptr(GBytes) whole = learned_bytes(&f);
    fixture_end(&f);

    begin(&f, 8);
    g_assert_true(learn(&f));
    wait_until(&f, two_steps, "two steps are done");
    tincture_session_cancel(f.session);
    wait_until(&f, is_over, "it has stopped");
    g_assert_true(tincture_subject_work_waits(work_of(&f)));
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 1);
    fixture_close(&f);

    fixture_open(&f);
    wait_until(&f, is_loaded, "the model is there");
    tincture_subject_work_load(work_of(&f));
    wait_until(&f, is_read, "the photos are read");
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 2);
    g_assert_cmpstr(first_of(&f)->kind, ==, "cat");
    g_assert_true(tincture_subject_work_waits(work_of(&f)));
    g_assert_cmpint(work_of(&f)->run.steps, ==, 8);
    g_assert_cmpuint(work_of(&f)->run.loss->len, >=, 2);
    tincture_subject_work_set_kind(work_of(&f), 0, "fox"); // it goes on as it was begun
    g_assert_true(tincture_subject_work_resume(work_of(&f)));
    wait_until(&f, two_steps, "it goes on");
    fixture_close(&f); // in the middle

    fixture_open(&f);
    wait_until(&f, is_loaded, "the model is there");
    tincture_subject_work_load(work_of(&f));
    g_assert_true(tincture_subject_work_resume(work_of(&f)));
    wait_until(&f, is_over, "the subject is learned");
    g_assert_cmpuint(work_of(&f)->run.loss->len, ==, 8);
    g_assert_false(tincture_subject_work_waits(work_of(&f)));
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);
    g_autoptr(GBytes) parts = learned_bytes(&f);
    g_assert_true(g_bytes_equal(whole, parts));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

static char *checkpoint_path(const struct fixture *f)
{
    return store_own_path(f->session->library->store, work_of(f)->run.checkpoint);
}

// A checkpoint that was cut is said to be none, and learning can begin anew; a photo that has gone
// in between is named, and the others are learned from.
static void test_cut_checkpoint(void)
{
    struct fixture f;
    begin(&f, 6);
    g_assert_true(learn(&f));
    wait_until(&f, two_steps, "two steps are done");
    tincture_session_cancel(f.session);
    wait_until(&f, is_over, "it has stopped");
    g_autofree char *path = checkpoint_path(&f);
    g_assert_cmpint(truncate(path, 1000), ==, 0);
    g_assert_true(tincture_subject_work_resume(work_of(&f)));
    wait_until(&f, is_over, "it cannot go on");
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "The training stopped: "));
    g_assert_true(tincture_subject_work_waits(work_of(&f)));
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 2);

    g_autofree char *gone = g_build_filename(f.dir, "gone.png", NULL);
    g_autofree char *cat = sample_path("cat.png");
    g_autoptr(GFile) from = g_file_new_for_path(cat), to = g_file_new_for_path(gone);
    g_assert_true(g_file_copy(from, to, 0, NULL, NULL, NULL, NULL));
    tincture_subject_work_add(work_of(&f), 0, (const char *const[]){gone, NULL});
    wait_until(&f, is_read, "the third photo is read");
    g_unlink(gone);
    g_assert_true(learn(&f));
    wait_until(&f, is_over, "the subject is learned anew, without it");
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 2);
    g_assert_nonnull(strstr(f.last_message, "Learned the subject"));
    g_assert_nonnull(strstr(f.last_message, "Left out: "));
    g_assert_nonnull(strstr(f.last_message, "gone.png"));
    g_autofree char *learned = learned_path(&f);
    g_assert_true(g_file_test(learned, G_FILE_TEST_EXISTS));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 2);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);
    fixture_end(&f);
}

static const char *word_of_second(const struct fixture *f)
{
    return subject_draft_at(&work_of(f)->draft, 1)->word;
}

// Two subjects: what is missing of either is said, both are learned into one file, and the file has
// the words of both.
static void test_two(void)
{
    struct fixture f;
    begin(&f, 2);
    TinctureSubjectWork *work = work_of(&f);
    tincture_subject_work_add_subject(work);
    g_assert_cmpstr(word_of_second(&f), ==, "<mia>"); // another suggestion
    g_assert_cmpstr(settings_choice(work->draft.learn, "objective"), ==, "cut_mix_unmix");
    tincture_subject_work_set(work, "steps", 2);
    tincture_subject_work_set(work, "class_pictures", 2);
    tincture_subject_work_set(work, "crops", 2);
    tincture_subject_work_set(work, "pairs", 2);
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "Add photos of the second subject"));
    g_assert_cmpuint(tincture_subject_work_next(work), ==, 1);
    g_autofree char *apple = sample_path("apple.png");
    tincture_subject_work_add(work, 1, (const char *const[]){apple, NULL});
    wait_until(&f, is_read, "the second one's photo is read");
    tincture_subject_work_set_kind(work, 1, "apple");
    tincture_subject_work_set_word(work, 1, "<rex>");
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "both be called “<rex>”"));
    tincture_subject_work_set_word(work, 1, "<mia>");
    tincture_subject_work_set(work, "mix", 1); // segments
    g_assert_true(tincture_subject_work_needs_masks(work));
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "cat.png has none"));
    tincture_subject_work_set(work, "mix", 0);
    g_assert_true(learn(&f));
    wait_until(&f, is_over, "the subjects are learned");
    g_assert_nonnull(strstr(f.last_message, "“a photograph of a <rex> cat and a <mia> apple”"));
    g_assert_cmpuint(work->strips->len, ==, 5);
    for (guint i = 0; i < 5; i++) {
        g_assert_cmpuint(((struct subject_strip *)work->strips->pdata[i])->samples->len, ==, 1);
    }
    g_autoptr(GPtrArray) known = tincture_subject_work_known(work);
    g_assert_cmpuint(known->len, ==, 1);
    g_assert_cmpstr(((struct library_file *)known->pdata[0])->name, ==, "<rex> cat, <mia> apple");
    g_autofree char *same = tincture_subject_work_same_word(work, 1);
    g_assert_cmpstr(same, ==, "<rex> cat, <mia> apple");
    tincture_subject_work_add_subject(work);
    tincture_subject_work_add_subject(work); // three at most
    g_assert_cmpuint(work->draft.subjects->len, ==, 3);
    fixture_end(&f);
}

// What was taken out can be put back where it was, and what a person says of a photo is there again
// at the next start.
static void test_photos(void)
{
    struct fixture f;
    begin(&f, 1);
    TinctureSubjectWork *work = work_of(&f);
    struct subject_shot *cat = first_of(&f)->shots->pdata[0];
    const float corners[] = {10, 10, 200, 200};
    const struct mask_step step = {.kind = MASK_RECTANGLE, .count = 2, .points = corners};
    struct mask *mask = mask_with(NULL, &step);
    g_assert_false(tincture_subject_work_has_mask(work, cat));
    cat->caption = g_strdup("a <rex> cat, asleep");
    cat->crop = (struct image_region){4, 8, 300, 280};
    cat->masked = true;
    cat->mask = mask_ref(mask);
    g_assert_true(tincture_subject_work_has_mask(work, cat));
    const gint64 one = tincture_subject_work_remove(work, 0, 0);
    tincture_subject_work_add_subject(work);
    tincture_subject_work_set_kind(work, 1, "dog");
    const gint64 two = tincture_subject_work_remove_subject(work, 1);
    g_assert_cmpuint(work->draft.subjects->len, ==, 1);
    g_assert_cmpstr(settings_choice(work->draft.learn, "objective"), ==, "subject");
    tincture_subject_work_put_back(work, one);
    tincture_subject_work_put_back(work, one); // twice is once
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 2);
    g_assert_true(first_of(&f)->shots->pdata[0] == cat);
    tincture_subject_work_put_back(work, two);
    g_assert_cmpuint(work->draft.subjects->len, ==, 2);
    fixture_close(&f);

    fixture_open(&f);
    wait_until(&f, is_loaded, "the model is there");
    tincture_subject_work_load(work_of(&f));
    wait_until(&f, is_read, "the photos are read");
    cat = first_of(&f)->shots->pdata[0];
    g_assert_cmpstr(cat->caption, ==, "a <rex> cat, asleep");
    g_assert_cmpint(cat->crop.width, ==, 300);
    g_assert_true(cat->masked);
    g_assert_true(mask_equal(cat->mask, mask));
    g_assert_cmpstr(subject_draft_at(&work_of(&f)->draft, 1)->kind, ==, "dog");
    mask_unref(mask);
    fixture_end(&f);
}

// ---- a style ------------------------------------------------------------------------------------

static bool is_style_read(struct fixture *f)
{
    return f->session->style->reading == 0;
}

static bool is_style_over(struct fixture *f)
{
    return !f->session->style->running;
}

static bool a_style_step(struct fixture *f)
{
    return f->session->style->run.loss->len >= 1;
}

static void load_style(struct fixture *f)
{
    fixture_open(f);
    wait_until(f, is_loaded, "the model is there");
    tincture_subject_work_load(f->session->style);
    wait_until(f, is_style_read, "the pictures are read");
}

// A folder with two pictures and what is none.
static char *make_folder(const struct fixture *f)
{
    static const char *const names[] = {"cat.png", "apple.png", "README.md"};
    char *folder = g_build_filename(f->dir, "look", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *sample = sample_path(names[i]);
        g_autoptr(GFile) from = g_file_new_for_path(sample);
        g_autoptr(GFile) to = g_file_new_build_filename(folder, names[i], NULL);
        g_assert_true(g_file_copy(from, to, 0, NULL, NULL, NULL, NULL));
    }
    return folder;
}

// Two lists that stay, one of them a folder: stopped, closed and gone on with, with a sentence of a
// person's own; what is put in about a subject is another thing.
static void test_style(void)
{
    struct fixture f;
    fixture_begin(&f);
    load_style(&f);
    TinctureSubjectWork *work = f.session->style;
    g_autofree char *folder = make_folder(&f), *fox = sample_path("fox.png");
    tincture_subject_work_add(work, 0, (const char *const[]){fox, NULL});
    tincture_subject_work_add(work, 1, (const char *const[]){folder, NULL});
    wait_until(&f, is_style_read, "the pictures are read");
    const struct subject_entry *style = subject_draft_at(&work->draft, 1);
    g_assert_cmpuint(style->shots->len, ==, 2);
    g_assert_true(
        g_str_has_suffix(((struct subject_shot *)style->shots->pdata[0])->path, "look/apple.png"));
    tincture_subject_work_remove_subject(work, 1);
    g_assert_cmpuint(style->shots->len, ==, 0);
    tincture_subject_work_put_back(work, 0);
    g_assert_cmpuint(style->shots->len, ==, 2);
    tincture_subject_work_set_kind(work, 0, "a photograph");
    tincture_subject_work_set_kind(work, 1, "a photograph in the look");
    g_assert_false(tincture_subject_work_learn(work, f.session->studio->reader));
    g_assert_nonnull(strstr(f.last_message, "Give the style a name"));
    tincture_subject_work_set_word(work, 1, "my/look");
    g_assert_false(tincture_subject_work_learn(work, f.session->studio->reader));
    g_assert_nonnull(strstr(f.last_message, "cannot have a / in it"));
    tincture_subject_work_set_word(work, 1, "look");
    tincture_subject_work_set_own_prompt(work, " a cat in a boat ");
    tincture_subject_work_set(work, "steps", 5);
    g_assert_true(tincture_subject_work_learn(work, f.session->studio->reader));
    wait_until(&f, a_style_step, "a step is done");
    fixture_close(&f); // in the middle

    load_style(&f);
    work = f.session->style;
    g_assert_cmpstr(work->draft.own_prompt, ==, "a cat in a boat");
    g_assert_true(tincture_subject_work_waits(work));
    g_assert_true(tincture_subject_work_resume(work));
    g_assert_false(tincture_subject_work_resume(f.session->subject)); // it has none
    wait_until(&f, is_style_over, "the style is learned");
    g_assert_cmpuint(work->run.loss->len, ==, 5);
    g_assert_cmpuint(work->strips->len, ==, 3);
    const struct subject_strip *own = work->strips->pdata[2];
    g_assert_cmpstr(own->title, ==, "a cat in a boat");
    g_assert_cmpuint(own->samples->len, ==, 1);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);
    g_autoptr(GPtrArray) known = tincture_subject_work_known(work);
    g_autoptr(GPtrArray) subjects = tincture_subject_work_known(f.session->subject);
    g_assert_cmpuint(known->len, ==, 1);
    g_assert_cmpuint(subjects->len, ==, 0);
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 0);
    fixture_end(&f);
}

// A draft of one subject, as it was kept before there could be several.
static void test_former_draft(void)
{
    static const char text[] = "{\"photos\":[\"file:///a/rex.jpg\",\"file:///a/b%20c.png\"],"
                               "\"word\":\"<rex>\",\"class\":\"dog\",\"seed\":7}";
    struct subject_draft d;
    subject_draft_init(&d, &subject_lesson);
    g_autoptr(JsonNode) root = json_from_string(text, NULL);
    subject_draft_read_json(&d, json_node_get_object(root));
    const struct subject_entry *e = subject_draft_at(&d, 0);
    g_assert_cmpuint(d.subjects->len, ==, 1);
    g_assert_cmpstr(e->word, ==, "<rex>");
    g_assert_cmpstr(e->kind, ==, "dog");
    g_assert_cmpuint(e->shots->len, ==, 2);
    g_assert_cmpint(subject_entry_find(e, "/a/b c.png"), ==, 1);
    g_assert_cmpint((int)d.seed, ==, 7);
    subject_draft_clear(&d);
}

static void check_learn(const struct fixture *f, const char *method, int batch)
{
    const struct settings *learn = work_of(f)->draft.learn;
    g_assert_cmpstr(settings_choice(learn, "method"), ==, method);
    g_assert_cmpint(settings_int(learn, "batch"), ==, batch);
    g_assert_cmpint(settings_int(learn, "crops"), ==, 3);
}

// Another model has settings of its own for all that a person has not set: chosen in the window,
// and at the next start, which is with the starter again.
static void test_other_model(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    wait_until(&f, is_loaded, "the model is there");
    tincture_subject_work_load(work_of(&f));
    tincture_subject_work_set(work_of(&f), "crops", 3);
    check_learn(&f, "lora", 4);
    g_autofree char *other = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    tincture_session_use(f.session, &(struct studio_engine){.model = other});
    wait_until(&f, is_other, "the other model is there");
    check_learn(&f, "svdiff", 1);
    fixture_close(&f);
    fixture_open(&f);
    tincture_subject_work_load(work_of(&f));
    check_learn(&f, "lora", 4);
    fixture_end(&f);
}

// A photo that ends early is not learned from as if its gray rest belonged to it.
static void add_cut(struct fixture *f)
{
    g_autofree char *cut = g_build_filename(f->dir, "cut.png", NULL);
    g_autofree char *cat = sample_path("cat.png");
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(cat, &data, &size, NULL));
    g_assert_true(g_file_set_contents(cut, data, (gssize)(size * 2 / 3), NULL));
    tincture_subject_work_add(work_of(f), 0, (const char *const[]){cut, NULL});
    wait_until(f, is_read, "the cut photo is read");
    g_assert_nonnull(strstr(f->last_message, "Left out: cut.png: the file is damaged or cut"));
    g_assert_cmpuint(first_of(f)->shots->len, ==, 1);
}

// What is missing or wrong is one sentence, and everything else stays.
static void test_faults(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    wait_until(&f, is_loaded, "the model is there");
    tincture_subject_work_load(work_of(&f));
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "Add photos"));
    add(&f, (const char *const[]){"README.md", "cat.png", "nothing.png", NULL});
    g_assert_nonnull(strstr(f.last_message, "README.md"));
    g_assert_nonnull(strstr(f.last_message, "nothing.png"));
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 1);
    add_cut(&f);
    add(&f, (const char *const[]){"cat.png", NULL}); // it is there already
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 1);
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "Say what the subject is"));
    tincture_subject_work_set_kind(work_of(&f), 0, " cat ");
    g_assert_cmpstr(first_of(&f)->kind, ==, "cat");
    tincture_subject_work_set_word(work_of(&f), 0, "dog");
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "“dog” is a word of this model"));
    tincture_subject_work_set_word(work_of(&f), 0, "my cat");
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "without spaces"));
    tincture_project_add_token(f.project, "<mine>");
    tincture_subject_work_set_word(work_of(&f), 0, "<mine>");
    g_assert_false(learn(&f));
    g_assert_nonnull(strstr(f.last_message, "a learned token already"));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 7);
    tincture_subject_work_remove(work_of(&f), 0, 0);
    g_assert_cmpuint(first_of(&f)->shots->len, ==, 0);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subject-work/learn-and-use", test_learn_and_use);
    g_test_add_func("/subject-work/open-photo", test_open_photo);
    g_test_add_func("/subject-work/goes-on", test_goes_on);
    g_test_add_func("/subject-work/cut-checkpoint", test_cut_checkpoint);
    g_test_add_func("/subject-work/faults", test_faults);
    g_test_add_func("/subject-work/two", test_two);
    g_test_add_func("/subject-work/photos", test_photos);
    g_test_add_func("/subject-work/style", test_style);
    g_test_add_func("/subject-work/former-draft", test_former_draft);
    g_test_add_func("/subject-work/other-model", test_other_model);
    return g_test_run();
}
