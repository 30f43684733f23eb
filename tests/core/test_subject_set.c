// What a subject is learned from: crops with their masks, captions, pictures of the class, two
// subjects side by side; and what is refused.
#include "compute/model/embedding.h"
#include "render/file.h"
#include "render/raster.h"
#include "ui/core/subject.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define SIDE 48 // of the photos

static struct engine *engine;

static void engine_begin(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *model = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    engine = engine_open(model, NULL, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
}

// Red where the subject is (a square of 12 at x, y), else the ground's blue.
static struct photo *make_photo(int width, int x, int y, float blue)
{
    struct image *image = image_new(width, SIDE, false, NULL);
    for (int i = 0; i < width * SIDE; i++) {
        const bool in =
            i % width >= x && i % width < x + 12 && i / width >= y && i / width < y + 12;
        image->rgb[3 * i] = in;
        image->rgb[3 * i + 1] = 0;
        image->rgb[3 * i + 2] = in ? 0 : blue;
    }
    return engine_photo(engine, image, 0, 0, NULL);
}

static struct raster *make_mask(const struct photo *p, int x, int y)
{
    struct raster *mask = raster_new(p->full->width, p->full->height, NULL);
    for (int i = 0; i < 12 * 12; i++) {
        mask->values[(y + i / 12) * mask->width + x + i % 12] = 255;
    }
    return mask;
}

static struct settings *learn_new(const char *text)
{
    struct settings *s = settings_new(learn_settings);
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    for (int i = 0; words[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        g_assert_true(settings_parse(s, pair[0], pair[1], NULL));
    }
    return s;
}

// Of channel c: the mean over what is (in) or is not (out) covered.
static double mean_at(const struct train_example *e, int c, bool in)
{
    double sum = 0, n = 0;
    for (int i = 0; i < e->width * e->height; i++) {
        const double w = in ? e->mask[i] : 1 - e->mask[i];
        sum += w * e->rgb[3 * i + c];
        n += w;
    }
    return sum / n;
}

static double columns_mean(const struct train_example *e, int c, int begin, int end)
{
    double sum = 0;
    for (int i = 0; i < e->width * e->height; i++) {
        sum += i % e->width >= begin && i % e->width < end ? e->rgb[3 * i + c] : 0;
    }
    return sum / ((end - begin) * e->height);
}

// ---- one ----------------------------------------------------------------------------------------

// Every crop holds the whole subject, and its mask lies where that is, mirrored or not.
static void test_crops(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    struct photo *p = make_photo(64, 40, 20, 1);
    struct raster *mask = make_mask(p, 40, 20);
    const struct subject_photo photo = {p, NULL, mask};
    struct settings *s = learn_new("objective=subject prior_weight=0 crops=9");
    const struct subject_request q = {.photos = &photo, .n = 1, .kind = "owl", .settings = s};
    struct subject *made = subject_new(engine, &q, NULL, &error);
    g_assert_no_error(error);
    const struct train_set *set = subject_set(made);
    g_assert_cmpint(set->count, ==, 9);
    bool differ = false;
    for (int i = 0; i < 9; i++) {
        const struct train_example *e = &set->examples[i];
        g_assert_cmpstr(e->caption, ==, "a photograph of an owl");
        double covered = 0;
        for (int k = 0; k < e->width * e->height; k++) {
            covered += e->mask[k];
        }
        // The subject is 144 pixels of the square that a crop takes, which is at most the photo's.
        g_assert_cmpfloat(covered, >=, 0.95 * 144 * e->width * e->height / (SIDE * SIDE));
        g_assert_cmpfloat(mean_at(e, 0, true), >, 0.5);
        g_assert_cmpfloat(mean_at(e, 0, false), <, -0.8);
        differ = differ || memcmp(e->rgb, set->examples[0].rgb, sizeof(float) * 30) != 0;
    }
    g_assert_true(differ);
    subject_free(made);
    settings_free(s);
    raster_free(mask);
    photo_unref(p);
    engine_free(engine);
}

// The new word begins as the class is, and again when it is learned again.
static void test_word(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    struct photo *p = make_photo(SIDE, 4, 4, 1);
    const struct subject_photo photo = {p, "a <rex> dog, asleep", NULL};
    struct settings *s = learn_new("objective=subject prior_weight=0 crops=1 vectors=1");
    struct subject_request q = {
        .photos = &photo, .n = 1, .token = "<rex>", .kind = "dog", .settings = s};
    for (int vectors = 1; vectors <= 2; vectors++) {
        int first, count;
        settings_set(s, "vectors", vectors, NULL);
        struct subject *made = subject_new(engine, &q, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(subject_set(made)->examples[0].caption, ==, "a <rex> dog, asleep");
        g_assert_cmpstr(subject_set(made)->tokens[0], ==, "<rex>");
        g_assert_nonnull(model_embedded_rows(engine->model, "<rex>", &first, &count));
        g_assert_cmpint(count, ==, vectors);
        subject_free(made);
    }
    settings_free(s);
    photo_unref(p);
    engine_free(engine);
}

static void test_class(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    struct photo *p = make_photo(SIDE, 4, 4, 1);
    const struct subject_photo photo = {p, NULL, NULL};
    struct settings *s = learn_new("objective=subject crops=1 class_pictures=2");
    const struct subject_request q = {.photos = &photo, .n = 1, .kind = "dog", .settings = s};
    struct subject *a = subject_new(engine, &q, NULL, &error);
    g_assert_no_error(error);
    struct subject *b = subject_new(engine, &q, NULL, &error);
    const struct train_set *first = subject_set(a), *again = subject_set(b);
    g_assert_cmpint(first->count, ==, 3);
    for (int i = 1; i < 3; i++) {
        const struct train_example *e = &first->examples[i];
        g_assert_cmpint(e->role, ==, ROLE_PRIOR);
        g_assert_cmpstr(e->caption, ==, "a photograph of a dog");
        const size_t bytes = (size_t)e->width * e->height * 3 * sizeof(float);
        g_assert_cmpmem(e->rgb, bytes, again->examples[i].rgb, bytes);
    }
    g_assert_true(memcmp(first->examples[1].rgb, first->examples[2].rgb, 64) != 0);
    subject_free(a);
    subject_free(b);
    settings_free(s);
    photo_unref(p);
    engine_free(engine);
}

static void refuse(const struct subject_request *list, int n, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(subjects_new(engine, list, n, NULL, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, part));
}

// ---- two ----------------------------------------------------------------------------------------

// In a pair each half shows the photo of the subject that the caption puts there.
static void test_pairs(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    struct photo *dark = make_photo(SIDE, 18, 18, 0), *blue = make_photo(SIDE, 18, 18, 1);
    const struct subject_photo photos[] = {{dark, NULL, NULL}, {blue, NULL, NULL}};
    struct settings *s = learn_new("objective=cut_mix_unmix prior_weight=0 crops=1 pairs=12");
    const struct subject_request list[] = {
        {.photos = &photos[0], .n = 1, .token = "<rex>", .kind = "dog", .settings = s},
        {.photos = &photos[1], .n = 1, .token = "<mia>", .kind = "cat", .settings = s}};
    struct subject *made = subjects_new(engine, list, 2, NULL, &error);
    g_assert_no_error(error);
    const struct train_set *set = subject_set(made);
    int rex_left = 0, pairs = 0, placed = 0;
    for (int i = 0; i < set->count; i++) {
        const struct train_example *e = &set->examples[i];
        if (!e->composed) {
            continue;
        }
        pairs++;
        const bool rex = g_str_equal(e->sides[0], "<rex> dog");
        const double left = columns_mean(e, 2, 0, e->width / 2),
                     right = columns_mean(e, 2, e->width / 2, e->width);
        g_assert_cmpfloat(rex ? right - left : left - right, >, 0.8);
        g_assert_nonnull(strstr(e->caption, e->sides[0]));
        g_assert_nonnull(strstr(e->caption, e->sides[1]));
        if (strstr(e->caption, "on the left")) {
            placed++;
            g_assert_true(strstr(e->caption, e->sides[0]) < strstr(e->caption, "on the left"));
        }
        rex_left += rex;
    }
    g_assert_cmpint(pairs, ==, 12);
    g_assert_cmpint(placed, ==, 6);
    g_assert_cmpint(rex_left, >, 0);
    g_assert_cmpint(rex_left, <, 12);
    subject_free(made);
    settings_free(s);
    photo_unref(dark);
    photo_unref(blue);
    engine_free(engine);
}

// The part of the columns in which red is at least half, green next to none: the subjects of
// make_photo().
static double red_part(const struct train_example *e, int begin, int end)
{
    int n = 0;
    for (int i = 0; i < e->width * e->height; i++) {
        const float *rgb = e->rgb + 3 * i;
        n += i % e->width >= begin && i % e->width < end && rgb[0] > 0.9f && rgb[1] < -0.9f &&
             rgb[2] < -0.9f;
    }
    return (double)n / ((end - begin) * e->height);
}

// Cut out by their masks, both stand whole on one ground of one colour; nothing of the photos'
// grounds comes along.
static void test_segments(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    struct photo *a = make_photo(SIDE, 4, 30, 1), *b = make_photo(64, 40, 2, 1);
    struct raster *mask_a = make_mask(a, 4, 30), *mask_b = make_mask(b, 40, 2);
    const struct subject_photo photos[] = {{a, NULL, mask_a}, {b, NULL, mask_b}};
    struct settings *s =
        learn_new("objective=cut_mix_unmix prior_weight=0 crops=1 pairs=8 mix=segments");
    struct subject_request list[] = {
        {.photos = &photos[0], .n = 1, .token = "<rex>", .kind = "dog", .settings = s},
        {.photos = &photos[1], .n = 1, .token = "<mia>", .kind = "cat", .settings = s}};
    struct subject *made = subjects_new(engine, list, 2, NULL, &error);
    g_assert_no_error(error);
    const struct train_set *set = subject_set(made);
    int pairs = 0;
    for (int i = 0; i < set->count; i++) {
        const struct train_example *e = &set->examples[i];
        if (!e->composed) {
            continue;
        }
        pairs++;
        const double left = red_part(e, 0, e->width / 2),
                     right = red_part(e, e->width / 2, e->width);
        g_assert_cmpfloat(left, >, 0.15);
        g_assert_cmpfloat(right, >, 0.15);
        const float *ground = e->rgb; // a corner that no subject reaches
        int of_ground = 0;
        for (int k = 0; k < e->width * e->height; k++) {
            of_ground += memcmp(e->rgb + 3 * k, ground, 3 * sizeof(float)) == 0;
        }
        g_assert_cmpfloat(of_ground / (double)(e->width * e->height), >, 0.2);
    }
    g_assert_cmpint(pairs, ==, 8);
    subject_free(made);
    const struct subject_photo plain = {b, NULL, NULL};
    list[1].photos = &plain;
    refuse(list, 2, "photo 1 of the cat has no mask");
    const struct subject_photo of_file = {b, NULL, NULL, "/photos/tom.jpg"};
    list[1].photos = &of_file;
    refuse(list, 2, "photo 1 (tom.jpg) of the cat has no mask");
    settings_free(s);
    raster_free(mask_a);
    raster_free(mask_b);
    photo_unref(a);
    photo_unref(b);
    engine_free(engine);
}

// ---- what is refused ----------------------------------------------------------------------------

static void test_refused(void)
{
    engine_begin();
    struct photo *p = make_photo(SIDE, 4, 4, 1), *wide = make_photo(64, 4, 4, 1);
    struct raster *mask = make_mask(wide, 4, 4), *empty = raster_new(SIDE, SIDE, NULL);
    const struct subject_photo photo = {p, NULL, NULL}, other = {p, NULL, mask},
                               nothing = {p, NULL, empty};
    struct settings *s = learn_new("objective=subject prior_weight=0 crops=1");
    struct subject_request q = {.photos = &other, .n = 1, .kind = "dog", .settings = s};
    refuse(&q, 1, "the mask of photo 1");
    q.photos = &nothing;
    refuse(&q, 1, "the mask of photo 1 covers nothing");
    const struct subject_photo of_file = {p, NULL, empty, "/photos/rex.jpg"};
    q.photos = &of_file;
    refuse(&q, 1, "the mask of photo 1 (rex.jpg) covers nothing");
    q.photos = &photo;
    q.token = "dog";
    refuse(&q, 1, "a word of this model");
    q.token = "two words\n";
    refuse(&q, 1, "name of its token");
    q.token = "<rex>";
    const struct subject_request twice[] = {q, q};
    settings_parse(s, "objective", "cut_mix_unmix", NULL);
    settings_set(s, "prior_weight", 0, NULL);
    refuse(twice, 2, "both be called <rex>");
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_cancellable_cancel(cancel);
    g_assert_null(subject_new(engine, &q, &(struct task){.cancellable = cancel}, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    settings_free(s);
    raster_free(mask);
    raster_free(empty);
    photo_unref(p);
    photo_unref(wide);
    engine_free(engine);
}

// ---- files beside a photo -----------------------------------------------------------------------

static void test_files(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    struct photo *p = make_photo(SIDE, 4, 4, 1);
    g_autofree char *dir = g_dir_make_tmp("tincture-test-XXXXXX", NULL);
    g_autofree char *photo = g_build_filename(dir, "a.b.jpg", NULL);
    g_autofree char *text = g_build_filename(dir, "a.b.txt", NULL);
    struct subject_file *f = subject_file_read(photo, p, &error);
    g_assert_true(f && !f->caption && !f->mask);
    subject_file_free(f);
    g_assert_true(g_file_set_contents(text, "\n  a <rex> dog \nanother\n", -1, NULL));
    f = subject_file_read(photo, p, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(f->caption, ==, "a <rex> dog");
    subject_file_free(f);
    g_assert_null(subject_file_read("/photos/rex-masklabel.png", p, &error));
    g_assert_nonnull(strstr(error->message, "the mask of a photo"));
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(text, "\xff\xfe", -1, NULL));
    g_assert_null(subject_file_read(photo, p, &error));
    g_assert_nonnull(strstr(error->message, "no description"));
    g_unlink(text);
    g_rmdir(dir);
    photo_unref(p);
    engine_free(engine);
}

// A photo that is larger than anything is learned from is kept smaller, and its mask with it.
static void test_large(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    g_autofree char *dir = g_dir_make_tmp("tincture-test-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a.jpg", NULL);
    g_autofree char *mask_path = g_build_filename(dir, "a-masklabel.png", NULL);
    g_autoptr(GFile) mask_file = g_file_new_for_path(mask_path);
    struct image *white = image_new(2 * SUBJECT_SIDE, SIDE, false, NULL);
    for (int i = 0; i < white->width * SIDE * 3; i++) {
        white->rgb[i] = i / 3 % white->width >= SUBJECT_SIDE && i / 3 / white->width < 12;
    }
    const struct image_save_params png = {.format = "png", .bits = 8};
    g_assert_true(image_save(white, mask_file, &png, &error));
    image_free(white);
    struct subject_album album;
    subject_album_init(&album);
    struct photo *large = make_photo(2 * SUBJECT_SIDE, SUBJECT_SIDE, 0, 1);
    const struct subject_said said = {.usual = "a dog"};
    g_assert_true(subject_album_add(&album, path, large, &said, &error));
    g_assert_no_error(error);
    const struct subject_photo *p = &g_array_index(album.list, struct subject_photo, 0);
    g_assert_cmpint(p->photo->full->width, ==, SUBJECT_SIDE);
    g_assert_cmpint(p->photo->full->height, ==, SIDE / 2);
    g_assert_cmpint(p->mask->width, ==, SUBJECT_SIDE);
    const struct image_region box = raster_box(p->mask);
    g_assert_cmpint(box.x, ==, SUBJECT_SIDE / 2);
    g_assert_cmpint(box.height, ==, 6);
    subject_album_clear(&album);
    g_unlink(mask_path);
    g_rmdir(dir);
    engine_free(engine);
}

// What a person says of a photo comes before what lies beside it.
static void test_said(void)
{
    g_autoptr(GError) error = NULL;
    engine_begin();
    g_autofree char *dir = g_dir_make_tmp("tincture-test-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a.jpg", NULL);
    g_autofree char *text = g_build_filename(dir, "a.txt", NULL);
    g_assert_true(g_file_set_contents(text, "a dog beside", -1, &error));
    struct photo *p = make_photo(64, 40, 20, 1);
    struct raster *mask = make_mask(p, 40, 20);
    const struct image_region crop = {30, 10, 34, 30};
    const struct subject_said all = {
        .caption = "a dog, said", .crop = crop, .masked = true, .mask = mask};
    const struct subject_said outside = {.crop = {40, 0, 40, 40}}, usual = {.usual = "a dog"};
    struct subject_album album;
    subject_album_init(&album);
    g_assert_true(subject_album_add(&album, path, photo_ref(p), &all, &error));
    g_assert_no_error(error);
    const struct subject_photo *a = &g_array_index(album.list, struct subject_photo, 0);
    g_assert_cmpstr(a->caption, ==, "a dog, said");
    g_assert_cmpint(a->photo->full->width, ==, crop.width);
    g_assert_cmpint(a->photo->full->height, ==, crop.height);
    const struct image_region box = raster_box(a->mask), where = {10, 10, 12, 12};
    g_assert_true(image_region_equal(&box, &where));
    g_assert_cmpfloat(a->photo->full->rgb[3 * (12 * crop.width + 12)], ==, 1);
    g_assert_cmpfloat(a->photo->full->rgb[3 * (2 * crop.width + 2)], ==, 0);

    g_assert_true(subject_album_add(&album, path, photo_ref(p), &usual, &error));
    a = &g_array_index(album.list, struct subject_photo, 1);
    g_assert_cmpstr(a->caption, ==, "a dog beside");
    g_assert_null(a->mask);
    g_assert_false(subject_album_add(&album, path, photo_ref(p), &outside, &error));
    g_assert_nonnull(strstr(error->message, "not inside the photo"));
    g_assert_cmpuint(album.list->len, ==, 2);
    subject_album_clear(&album);
    raster_free(mask);
    photo_unref(p);
    g_unlink(text);
    g_rmdir(dir);
    engine_free(engine);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subject-set/crops", test_crops);
    g_test_add_func("/subject-set/word", test_word);
    g_test_add_func("/subject-set/class", test_class);
    g_test_add_func("/subject-set/pairs", test_pairs);
    g_test_add_func("/subject-set/segments", test_segments);
    g_test_add_func("/subject-set/refused", test_refused);
    g_test_add_func("/subject-set/files", test_files);
    g_test_add_func("/subject-set/large", test_large);
    g_test_add_func("/subject-set/said", test_said);
    return g_test_run();
}
