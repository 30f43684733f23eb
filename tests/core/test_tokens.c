// Learned tokens that are dropped on the window: they work at once and at every later start, and
// bad files leave nothing.
#include "tests/core/session_fixture.h"

#include "compute/file/safetensors.h"
#include "render/file.h"
#include "tests/temp.h"
#include "ui/core/engine.h"
#include "ui/core/words_text.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define TOKEN "<zorb>"

// A file of one vector, in the fixture's folder; its path.
static char *write_token(const struct fixture *f, const char *file, const char *tensor, int width,
                         float value)
{
    char *path = g_build_filename(f->dir, file, NULL);
    struct st_writer *w = st_writer_new();
    g_autofree float *values = g_new(float, width);
    for (int i = 0; i < width; i++) {
        values[i] = i % 3 ? value : -value;
    }
    st_writer_f32(w, tensor, 2, (int64_t[]){1, width}, values);
    g_assert_true(st_writer_save(w, path, NULL, NULL));
    st_writer_free(w);
    return path;
}

static void begin(struct fixture *f)
{
    fixture_begin(f);
    fixture_open(f);
    wait_idle(f);
}

static int width_of(const struct fixture *f)
{
    return f->session->studio->engine->model->text.hidden_size;
}

static void drop(struct fixture *f, const char *path)
{
    library_use_file(f->session->library, path);
    wait_idle(f);
}

static void drop_token(struct fixture *f)
{
    g_autofree char *path = write_token(f, "learned_embeds.safetensors", TOKEN, width_of(f), 0.3f);
    drop(f, path);
}

static guint count_kept(const struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "embeddings", NULL);
    GDir *dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    while (dir && g_dir_read_name(dir)) {
        n++;
    }
    g_clear_pointer(&dir, g_dir_close);
    return n;
}

static void assert_words(const struct fixture *f, const char *sentence, const char *says)
{
    g_autofree char *text =
        words_text(f->session->studio->vocabulary, f->session->studio->reader, sentence);
    g_assert_cmpstr(text, ==, says);
}

// Without a photo, twice, and at the next start.
static void test_kept(void)
{
    struct fixture f;
    begin(&f);
    assert_words(&f, "a <Zorb> banana ", "This model does not know “zorb”");
    for (int i = 0; i < 2; i++) {
        drop_token(&f);
        g_assert_cmpstr(f.last_message, ==, "Learned token " TOKEN ": write it in a sentence");
        g_assert_cmpuint(count_kept(&f), ==, 1);
        g_assert_cmpuint(f.project->tokens->len, ==, 1);
        assert_words(&f, "a <Zorb> banana ", "");
    }
    g_autofree char *kept = g_build_filename(f.dir, "embeddings", TOKEN ".safetensors", NULL);
    g_assert_true(g_file_test(kept, G_FILE_TEST_IS_REGULAR));
    fixture_close(&f);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    g_assert_cmpuint(f.project->tokens->len, ==, 1);
    assert_words(&f, "a <zorb> banana ", "");
    fixture_end(&f);
}

// A pair for two text encoders, of which this model has the first.
static void test_pair(void)
{
    struct fixture f;
    begin(&f);
    g_autofree char *path = g_build_filename(f.dir, "<pair>.safetensors", NULL);
    const int width = width_of(&f);
    g_autofree float *values = g_new0(float, 2 * width);
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, "clip_g", 2, (int64_t[]){1, 2 * width}, values);
    st_writer_f32(w, "clip_l", 2, (int64_t[]){1, width}, values);
    g_assert_true(st_writer_save(w, path, NULL, NULL));
    st_writer_free(w);
    drop(&f, path);
    g_assert_true(g_str_has_prefix(f.last_message, "Learned token <pair>: write it in a sentence; "
                                                   "only clip_l of the file's 2 tensors"));
    fixture_end(&f);
}

// ---- in an edit ---------------------------------------------------------------------------------

static bool first_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 1;
}

static bool second_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 2;
}

static void assert_recipe(struct fixture *f, const char *line)
{
    g_autofree char *path = g_build_filename(f->dir, "out.png", NULL);
    fixture_export(f->session, path, true, 90, 8);
    wait_idle(f);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_info info = {0};
    g_assert_true(image_probe(file, &info, NULL));
    g_assert_nonnull(info.meta.recipe);
    g_assert_nonnull(strstr(info.meta.recipe, line));
    image_meta_clear(&info.meta);
}

// A photo whose sentence was drawn before its token came (*before) and after (*after).
static void draw_both(struct fixture *f, GBytes **before, GBytes **after)
{
    begin(f);
    fixture_photo(f);
    tincture_project_set_source_prompt(f->project, "a red banana");
    tincture_project_set_prompt(f->project, "a " TOKEN " banana");
    wait_until(f, first_result, "the sentence without the token is drawn");
    *before = g_bytes_ref(f->project->result->pixels);
    drop_token(f);
    wait_until(f, second_result, "the sentence with the token is drawn");
    *after = g_bytes_ref(f->project->result->pixels);
}

// A sentence that was there before its token is drawn anew, and what was drawn stays in the
// history; the file is in no list of adapters, and no undo brings it there. At the next start the
// picture is the one with the token.
static void test_edit(void)
{
    struct fixture f;
    g_autoptr(GBytes) before = NULL, after = NULL;
    draw_both(&f, &before, &after);
    g_assert_false(g_bytes_equal(before, after));
    assert_recipe(&f, "Embeddings: " TOKEN ", ");
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    tincture_project_undo(f.project);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    tincture_project_redo(f.project);
    wait_idle(&f);
    g_assert_true(g_bytes_equal(f.project->result->pixels, after));
    fixture_close(&f);
    fixture_open(&f);
    wait_until(&f, second_result, "the document is open again");
    wait_idle(&f);
    g_assert_true(g_bytes_equal(f.project->result->pixels, after));
    live_edit_now(f.session->live, true); // drawn again it is the same, and no third one
    wait_idle(&f);
    g_assert_true(g_bytes_equal(f.project->result->pixels, after));
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 2);
    fixture_end(&f);
}

static bool third_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 3;
}

static bool fourth_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 4;
}

static bool no_token(struct fixture *f)
{
    return f->project->tokens->len == 0;
}

// Removed from the folder, a token is an unknown word at once and the picture is drawn without it;
// put back, it is there again.
static void test_removed(void)
{
    struct fixture f;
    g_autoptr(GBytes) without = NULL, with = NULL;
    draw_both(&f, &without, &with);
    g_autofree char *kept = g_build_filename(f.dir, "embeddings", TOKEN ".safetensors", NULL);
    g_autofree char *away = g_build_filename(f.dir, "away", NULL);
    g_assert_cmpint(g_rename(kept, away), ==, 0);
    wait_until(&f, no_token, "the token is gone");
    assert_words(&f, "a <zorb> banana ", "This model does not know “zorb”");
    wait_until(&f, third_result, "the sentence is drawn without the token");
    g_assert_true(g_bytes_equal(f.project->result->pixels, without));
    g_assert_cmpint(g_rename(away, kept), ==, 0);
    wait_until(&f, fourth_result, "the sentence is drawn with the token again");
    g_assert_true(g_bytes_equal(f.project->result->pixels, with));
    assert_words(&f, "a <zorb> banana ", "");
    g_assert_cmpuint(f.project->tokens->len, ==, 1);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

// ---- bad files ----------------------------------------------------------------------------------

static void assert_refused(struct fixture *f, char *path, const char *says)
{
    const int errors = f->messages[MESSAGE_ERROR];
    const guint kept = count_kept(f);
    drop(f, path);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, errors + 1);
    if (!strstr(f->last_message, says)) {
        g_error("\"%s\" does not say \"%s\"", f->last_message, says);
    }
    g_assert_cmpuint(count_kept(f), ==, kept);
    g_free(path);
}

static char *cut_short(char *path)
{
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    g_assert_true(g_file_set_contents(path, data, (gssize)size - 3, NULL));
    return path;
}

static char *write_pickle(const struct fixture *f)
{
    char *path = g_build_filename(f->dir, "learned_embeds.bin", NULL);
    g_assert_true(g_file_set_contents(path, "PK\3\4", 4, NULL));
    return path;
}

static void test_refused(void)
{
    struct fixture f;
    begin(&f);
    const int w = width_of(&f);
    drop_token(&f);
    assert_refused(&f, write_token(&f, "wide.safetensors", "<wide>", w + 1, 0.3f), "not made for");
    assert_refused(&f, write_token(&f, "apple.safetensors", "emb_params", w, 0.3f), "is a word of");
    assert_refused(&f, write_token(&f, "x.safetensors", "<|endoftext|>", w, 0.3f), "is a word of");
    assert_refused(&f, write_token(&f, "nan.safetensors", "<nan>", w, NAN), "nan.saf");
    assert_refused(&f, write_token(&f, "b.safetensors", TOKEN, w, 0.4f), "another file gave");
    assert_refused(&f, write_token(&f, "c.safetensors", "<ZORB>", w, 0.3f), "already");
    assert_refused(&f, cut_short(write_token(&f, "cut.safetensors", "<cut>", w, 0.3f)), "cut.saf");
    assert_refused(&f, write_token(&f, "no.safetensors", "some.layer", w, 0.3f), "no.saf");
    assert_refused(&f, write_pickle(&f), "carry programs");
    g_assert_cmpuint(f.project->tokens->len, ==, 1);
    fixture_end(&f);
}

// What lies in the folder and does not go with the model is named once, and hinders nothing.
static void test_bad_folder(void)
{
    struct fixture f;
    begin(&f);
    drop_token(&f);
    const int w = width_of(&f);
    g_free(write_token(&f, "embeddings/a.safetensors", "<wide>", w + 1, 0.3f));
    g_free(cut_short(write_token(&f, "embeddings/b.safetensors", "<cut>", w, 0.3f)));
    fixture_close(&f);
    memset(f.messages, 0, sizeof f.messages);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "a.safetensors"));
    g_assert_nonnull(strstr(f.last_message, "1 more"));
    g_assert_cmpuint(f.project->tokens->len, ==, 1);
    assert_words(&f, "a <zorb> banana ", "");
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tokens/kept", test_kept);
    g_test_add_func("/tokens/pair", test_pair);
    g_test_add_func("/tokens/edit", test_edit);
    g_test_add_func("/tokens/removed", test_removed);
    g_test_add_func("/tokens/refused", test_refused);
    g_test_add_func("/tokens/bad-folder", test_bad_folder);
    return g_test_run();
}
