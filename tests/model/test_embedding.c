// Learned tokens in a prompt against the reference's text encoder
// (tests/data/embedding/make_embedding_vectors.py), and files that are none.

#include "compute/edit/edit.h"
#include "compute/file/safetensors.h"
#include "compute/model/embedding.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define TOLERANCE 1e-5 // of the largest value

static struct gpu *gpu;

static char *data_path(const char *folder, const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "data", folder, name, NULL);
}

static struct model *load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_path("models", "sd1");
    struct model *m = model_load(path, gpu, NULL, &error);
    g_assert_no_error(error);
    return m;
}

static void embed(struct model *m, const char *file, const char *token)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_path("embedding", file);
    g_assert_true(model_embed(m, path, token, &error));
    g_assert_no_error(error);
}

static void assert_states(struct editor *e, const struct st_file *vectors, int i, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("states.%d", i);
    const struct st_tensor *t = st_find(vectors, name);
    g_autofree float *expected = g_new(float, t->count), *states = g_new(float, t->count);
    g_assert_true(st_read_f32(t, expected, true, NULL));
    g_assert_true(editor_text(e, text, states, &error));
    g_assert_no_error(error);
    double worst = 0, largest = 0;
    for (int64_t k = 0; k < t->count; k++) {
        worst = fmax(worst, fabs((double)states[k] - expected[k]));
        largest = fmax(largest, fabs(expected[k]));
    }
    g_test_message("%s: off by %g of %g", text, worst, largest);
    g_assert_cmpfloat(worst, <=, TOLERANCE * largest);
}

static void test_states(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_path("embedding", "vectors.safetensors");
    g_autofree char *pairs = g_strnfill(40, 'x'), *many = NULL;
    g_auto(GStrv) pieces = g_strsplit(pairs, "x", -1);
    g_autofree char *joined = g_strjoinv(" pair", pieces);
    many = g_strconcat("pair", joined, NULL);
    const char *const prompts[] = {"a photo of <toy> on the beach", "A <TOY>, a lone <toy>",
                                   "<one> dog's <one>", "a shared house", many};
    struct st_file *vectors = st_open(path, &error);
    g_assert_no_error(error);
    struct model *m = load();
    embed(m, "toy.safetensors", NULL);
    embed(m, "single.safetensors", NULL);
    embed(m, "shared.safetensors", NULL);
    embed(m, "pair.safetensors", NULL);
    struct editor *e = editor_new(m, &error);
    g_assert_no_error(error);
    for (int i = 0; i < (int)G_N_ELEMENTS(prompts); i++) {
        assert_states(e, vectors, i, prompts[i]);
    }
    editor_free(e);
    model_free(m);
    st_free(vectors);
}

// A token that comes when its sentence has been encoded.
static void test_late(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_path("embedding", "vectors.safetensors");
    g_autofree char *toy = data_path("embedding", "toy.safetensors");
    const char *sentence = "a photo of <toy> on the beach";
    struct st_file *vectors = st_open(path, NULL), *token = st_open(toy, NULL);
    struct model *m = load();
    struct editor *e = editor_new(m, &error);
    g_assert_no_error(error);
    g_autofree float *early = g_new(float, m->text.max_tokens * m->text.hidden_size);
    g_assert_true(editor_text(e, sentence, early, NULL));
    g_assert_true(model_embed_file(m, token, NULL, &error));
    g_assert_no_error(error);
    assert_states(e, vectors, 0, sentence);
    editor_free(e);
    model_free(m);
    st_free(token);
    st_free(vectors);
}

// A name of letters is a word, not a part of one; another name is found everywhere.
static void test_words(void)
{
    struct model *m = load();
    int32_t ids[77];
    int n;
    embed(m, "single.safetensors", "Sks");
    embed(m, "toy.safetensors", "*");
    const int sks = m->text.vocab_size;
    model_tokenize(m, "SKS,sks", ids, &n, NULL);
    g_assert_cmpint(ids[1], ==, sks);
    g_assert_cmpint(ids[3], ==, sks);
    model_tokenize(m, "sksy", ids, &n, NULL);
    for (int i = 0; i < n; i++) {
        g_assert_cmpint(ids[i], !=, sks);
    }
    model_tokenize(m, "a*b", ids, &n, NULL);
    g_assert_cmpint(n, ==, 2 + 1 + 3 + 1);
    model_free(m);
}

// What is left of a sentence, and which tokens were in it.
static void test_found(void)
{
    struct model *m = load();
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func(g_free);
    embed(m, "toy.safetensors", NULL);
    embed(m, "single.safetensors", "sks");
    g_autofree char *none = model_embedded(m, "A toy, sksy", tokens);
    g_assert_cmpstr(g_strstrip(none), ==, "a toy, sksy");
    g_assert_cmpuint(tokens->len, ==, 0);
    g_autofree char *both = model_embedded(m, "A <TOY>house, <toy> of sks", tokens);
    g_assert_cmpstr(g_strstrip(both), ==, "a  house,   of");
    g_assert_cmpuint(tokens->len, ==, 2);
    g_assert_cmpstr(tokens->pdata[0], ==, "<toy>");
    g_assert_cmpstr(tokens->pdata[1], ==, "sks");
    model_free(m);
}

static void write_file(const char *path, const char *name, int rows, int width, float value,
                       const char *second)
{
    struct st_writer *w = st_writer_new();
    g_autofree float *values = g_new(float, (gsize)rows *width + 1);
    for (int i = 0; i < rows * width; i++) {
        values[i] = value;
    }
    st_writer_f32(w, name, 2, (int64_t[]){rows, width}, values);
    if (second) {
        st_writer_f32(w, second, 2, (int64_t[]){rows, width}, values);
    }
    g_assert_true(st_writer_save(w, path, NULL, NULL));
    st_writer_free(w);
}

static void test_refused(void)
{
    static const struct {
        const char *name;
        int rows, width;
        float value;
        const char *second, *token, *says;
    } cases[] = {
        {"<a>", 1, 24, 1, NULL, NULL, "16 numbers"},
        {"<a>", 76, 16, 1, NULL, NULL, "room for 1 to 75"},
        {"<a>", 0, 16, 1, NULL, NULL, "holds 0 vectors"},
        {"<a>", 1, 16, NAN, NULL, NULL, "a.safetensors: tensor <a>"},
        {"<a>", 1, 16, 1, "<b>", NULL, "holds 2 tensors"},
        {"<a>", 1, 16, 1, "<b>", "<a>", "several tokens are read from a file each"},
        {"lora_unet_x.lora_up.weight", 1, 16, 1, NULL, NULL, "name of a layer's tensor"},
        {"lora_unet_x.lora_up.weight", 1, 16, 1, NULL, "sks", "name of a layer's tensor"},
        {"<a>", 1, 16, 1, NULL, "", "empty"},
        {"<a>", 1, 16, 1, NULL, "a\nb", "no text"},
        {"<|endoftext|>", 1, 16, 1, NULL, NULL, "already"},
        {"<TOY>", 1, 16, 1, NULL, NULL, "already"}, // it would be found where <toy> is
        {" ", 1, 16, 1, NULL, NULL, "empty"},
    };
    struct model *m = load();
    embed(m, "toy.safetensors", NULL);
    const guint before = m->embedded->len;
    g_autofree char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        write_file(path, cases[i].name, cases[i].rows, cases[i].width, cases[i].value,
                   cases[i].second);
        g_assert_false(model_embed(m, path, cases[i].token, &error));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
    g_assert_cmpuint(m->embedded->len, ==, before);
    g_unlink(path);
    g_rmdir(folder);
    model_free(m);
}

static void test_whole_numbers(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "tincture-XXXXXX.safetensors", NULL);
    const int32_t whole[16] = {1, 2, 3};
    struct model *m = load();
    close(g_mkstemp(path)); // a name of its own
    struct st_writer *w = st_writer_new();
    st_writer_i32(w, "emb_params", 2, (int64_t[]){1, 16}, whole);
    g_assert_true(st_writer_save(w, path, NULL, NULL));
    st_writer_free(w);
    g_assert_false(model_embed(m, path, "<a>", &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "whole numbers (I32)"));
    g_assert_true(g_str_has_prefix(error->message, path));
    g_assert_cmpuint(m->embedded->len, ==, 0);
    g_unlink(path);
    model_free(m);
}

// A token's name may have dots; a pickle is refused unopened; half of a pair is said.
static void test_files(void)
{
    static const struct {
        const char *file, *note;
    } cases[] = {{"toy.safetensors", NULL}, {"pair.safetensors", "only clip_l of the file's 2"}};
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    struct model *m = load();
    write_file(path, "<v1.5>", 1, 16, 1, NULL);
    g_assert_true(model_embed(m, path, NULL, &error));
    g_unlink(path);
    g_autofree char *pickle = g_build_filename(folder, "learned_embeds.bin", NULL);
    g_assert_true(g_file_set_contents(pickle, "\x80\2}q", 4, NULL));
    g_assert_false(model_embed(m, pickle, NULL, &error));
    g_unlink(pickle);
    g_rmdir(folder);
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "learned_embeds.bin is in a format that can carry"));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *data = data_path("embedding", cases[i].file);
        struct st_file *f = st_open(data, NULL);
        g_autofree char *note = model_embedding_note(f);
        g_assert_true(cases[i].note ? note && strstr(note, cases[i].note) : !note);
        st_free(f);
    }
    model_free(m);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/embedding/states", test_states);
    g_test_add_func("/embedding/late", test_late);
    g_test_add_func("/embedding/words", test_words);
    g_test_add_func("/embedding/found", test_found);
    g_test_add_func("/embedding/refused", test_refused);
    g_test_add_func("/embedding/whole-numbers", test_whole_numbers);
    g_test_add_func("/embedding/files", test_files);
    int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return status;
}
