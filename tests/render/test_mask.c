// Masks: the value and its text; each step against a slow statement of what it means; the painter's
// short cuts against painting all of it.
#include "render/mask.h"
#include "tests/render/pictures.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define WIDTH  600 // three tiles wide, and not all of the last
#define HEIGHT 300

// ---- masks to test with -------------------------------------------------------------------------

static struct mask *add(struct mask *m, const struct mask_step *step) // takes m
{
    struct mask *with = mask_with(m, step);
    g_assert_true(with != m);
    mask_unref(m);
    return with;
}

static const float path[] = {40, 50, 300, 80.5f, 310, 250, 310, 250, 580, 20};
static const float star[] = {300, 20, 380, 280, 150, 110, 450, 110, 220, 280};
static const float corners[] = {400.25f, 200.5f, 100, 60};
static const uint8_t map[] = {0, 255, 128, 0, 255, 40};

static const struct mask_step steps[] = {
    {.kind = MASK_BRUSH, .size = 61, .softness = 0.5f, .count = 5, .points = path},
    {.kind = MASK_LASSO, .count = 5, .points = star},
    {.kind = MASK_BRUSH, .size = 20, .erase = true, .count = 3, .points = path},
    {.kind = MASK_RECTANGLE, .count = 2, .points = corners},
    {.kind = MASK_SELECTION,
     .map = map,
     .map_width = 3,
     .map_height = 2,
     .placed = {50, 20, 200, 100},
     .label = "bird"},
    {.kind = MASK_INVERT},
    {.kind = MASK_GROW, .amount = -7},
    {.kind = MASK_FEATHER, .amount = 5.5f},
    {.kind = MASK_LASSO, .erase = true, .count = 4, .points = path},
    {.kind = MASK_BRUSH, .size = 40, .softness = 1, .reach = 10, .count = 2, .points = path},
};

static struct mask *mask_of(guint count)
{
    struct mask *m = NULL;
    for (guint i = 0; i < count; i++) {
        m = add(m, &steps[i]);
    }
    return m;
}

// ---- the value ----------------------------------------------------------------------------------

static void test_value(void)
{
    struct mask *m = mask_of(G_N_ELEMENTS(steps)), *same = mask_of(G_N_ELEMENTS(steps));
    g_assert_cmpint(mask_steps(m), ==, G_N_ELEMENTS(steps));
    g_assert_true(mask_equal(m, same) && !mask_equal(m, NULL) && mask_equal(NULL, NULL));
    g_assert_false(mask_equal(mask_before(m), same));
    g_assert_true(mask_equal(mask_before(m), mask_before(same)));
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) { // every step counts
        struct mask_step other = steps[i];
        other.kind = other.kind == MASK_LASSO ? MASK_BRUSH : MASK_LASSO;
        other.count = 5;
        other.points = path;
        struct mask *before = mask_of(i), *a = mask_with(before, &steps[i]),
                    *b = mask_with(before, &other);
        g_assert_false(mask_equal(a, b));
        mask_unref(before);
        mask_unref(a);
        mask_unref(b);
    }
    mask_unref(m);
    mask_unref(same);
}

static void test_limits(void)
{
    const float nowhere[] = {NAN, 1, 2, 3, 4, 5};
    const struct mask_step illegal[] = {
        {.kind = MASK_KINDS},
        {.kind = MASK_BRUSH, .size = 5},
        {.kind = MASK_BRUSH, .size = NAN, .count = 1, .points = path},
        {.kind = MASK_BRUSH, .size = 5, .count = 3, .points = nowhere},
        {.kind = MASK_RECTANGLE, .count = 1, .points = corners},
        {.kind = MASK_LASSO, .count = 2, .points = path},
        {.kind = MASK_SELECTION, .map = map, .map_width = 3, .map_height = 2},
        {.kind = MASK_SELECTION, .map_width = 0, .map_height = 2, .placed = {0, 0, 5, 5}},
        {.kind = MASK_SELECTION,
         .map = map,
         .map_width = 3,
         .map_height = 2,
         .placed = {INT_MAX, 0, 5, 5}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(illegal); i++) {
        g_assert_null(mask_with(NULL, &illegal[i]));
    }
    struct mask *m = NULL;
    const struct mask_step invert = {.kind = MASK_INVERT};
    for (int i = 0; i < MASK_MAX_STEPS; i++) {
        m = add(m, &invert);
    }
    struct mask *full = mask_with(m, &invert);
    g_assert_true(full == m);
    mask_unref(full);
    mask_unref(m);
}

static void test_json(void)
{
    for (guint n = 0; n <= G_N_ELEMENTS(steps); n++) {
        struct mask *m = mask_of(n), *back = NULL;
        g_autofree char *text = mask_to_json(m);
        g_autoptr(GError) error = NULL;
        g_assert_true(mask_from_json(text, &back, &error));
        g_assert_no_error(error);
        g_assert_true(mask_equal(m, back));
        g_autofree char *again = mask_to_json(back);
        g_assert_cmpstr(again, ==, text);
        mask_unref(m);
        mask_unref(back);
    }
}

static void test_hostile_json(void)
{
    const char *const texts[] = {
        "",
        "{}",
        "7",
        "[7]",
        "[{}]",
        "[[]]",
        "[{\"kind\":\"spray\"}]",
        "[{\"kind\":7}]",
        "[{\"kind\":\"brush\"}]",
        "[{\"kind\":\"brush\",\"size\":\"wide\",\"points\":[1,2]}]",
        "[{\"kind\":\"brush\",\"size\":5,\"points\":[1,2,3]}]",
        "[{\"kind\":\"brush\",\"size\":5,\"points\":[1,null]}]",
        "[{\"kind\":\"brush\",\"size\":5,\"points\":[1,1e300]}]",
        "[{\"kind\":\"brush\",\"size\":1e300,\"points\":[1,1]}]",
        "[{\"kind\":\"brush\",\"size\":5,\"points\":{}}]",
        "[{\"kind\":\"rectangle\",\"points\":[1,2,3,4,5,6]}]",
        "[{\"kind\":\"lasso\",\"points\":[1,2,3,4]}]",
        "[{\"kind\":\"selection\"}]",
        "[{\"kind\":\"selection\",\"map\":\"AAAA\"}]",
        "[{\"kind\":\"selection\",\"map\":\"AAAA\",\"placed\":[3,1,0,0,9]}]",
        "[{\"kind\":\"selection\",\"map\":\"AAAA\",\"placed\":[3,1,0,0,0,9]}]",
        "[{\"kind\":\"selection\",\"map\":\"AAAA\",\"placed\":[3,1,-4,0,9,9]}]",
        "[{\"kind\":\"selection\",\"map\":\"AAAA\",\"placed\":[9999,9999,0,0,9,9]}]",
        "[{\"kind\":\"selection\",\"map\":\"AAAA\",\"placed\":[2048,2048,0,0,9,9]}]",
        "[{\"kind\":\"selection\",\"map\":\"A@@A\",\"placed\":[3,1,0,0,9,9]}]",
        "[{\"kind\":\"invert\"},{\"kind\":\"invert\"},{\"kind\":\"feather\",\"amount\":[]}]",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        struct mask *m = (struct mask *)texts;
        g_assert_false(mask_from_json(texts[i], &m, &error));
        g_assert_nonnull(error);
        g_assert_null(m);
    }
    GString *many = g_string_new("[");
    for (int i = 0; i <= MASK_MAX_STEPS; i++) {
        g_string_append(many, i ? ",{\"kind\":\"invert\"}" : "{\"kind\":\"invert\"}");
    }
    g_string_append(many, "]");
    struct mask *m = NULL;
    g_assert_false(mask_from_json(many->str, &m, NULL));
    g_autofree char *deep = g_strnfill(3000000, '[');
    g_assert_false(mask_from_json(deep, &m, NULL));
    g_string_free(many, TRUE);
}

// ---- what each step paints ----------------------------------------------------------------------

static struct mask_painter *painter(void)
{
    static struct image *photo;
    if (!photo) {
        photo = picture_photo(WIDTH, HEIGHT, 8, 1);
    }
    return mask_painter_new(photo, NULL);
}

static void show(struct mask_painter *p, const struct mask *m)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(mask_painter_show(p, m, NULL, NULL, &error));
    g_assert_no_error(error);
}

static uint8_t value_at(const struct mask_painter *p, int x, int y)
{
    return mask_painter_raster(p)->values[y * WIDTH + x];
}

static double distance_to_path(double x, double y, const float *points, int count)
{
    double least = INFINITY;
    for (int i = 0; i < count; i++) {
        const float *a = points + 2 * MAX(i - 1, 0), *b = points + 2 * i;
        const double dx = b[0] - a[0], dy = b[1] - a[1], square = dx * dx + dy * dy;
        const double t =
            square > 0 ? CLAMP(((x - a[0]) * dx + (y - a[1]) * dy) / square, 0.0, 1.0) : 0.0;
        least = MIN(least, hypot(x - a[0] - t * dx, y - a[1] - t * dy));
    }
    return least;
}

static void check_brush(double size, double softness)
{
    const struct mask_step stroke = {.kind = MASK_BRUSH,
                                     .size = (float)size,
                                     .softness = (float)softness,
                                     .count = 5,
                                     .points = path};
    struct mask *m = mask_with(NULL, &stroke);
    struct mask_painter *p = painter();
    const double none = size / 2 + 0.5, wide = MAX(1.0, softness * none);
    show(p, m);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            const double d = distance_to_path(x + 0.5, y + 0.5, path, 5);
            const double t = CLAMP((none - d) / wide, 0.0, 1.0);
            g_assert_cmpfloat_with_epsilon(value_at(p, x, y), 255 * t * t * (3 - 2 * t), 1.0);
        }
    }
    mask_painter_free(p);
    mask_unref(m);
}

static void test_brush(void)
{
    check_brush(1, 0);
    check_brush(40, 0);
    check_brush(61, 0.3);
    check_brush(200, 1);
}

static int side_of(const float *a, const float *b, double x, double y)
{
    const double cross = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
    return a[1] <= y && b[1] > y && cross > 0 ? 1 : a[1] > y && b[1] <= y && cross < 0 ? -1 : 0;
}

// Sunday's winding number, at 16 x 16 places in the pixel.
static double star_cover(int x, int y)
{
    int inside = 0;
    for (int i = 0; i < 256; i++) {
        int winding = 0;
        for (int k = 0; k < 5; k++) {
            winding += side_of(star + 2 * k, star + 2 * ((k + 1) % 5), x + (i % 16 + 0.5) / 16,
                               y + (i / 16 + 0.5) / 16);
        }
        inside += winding != 0;
    }
    return inside / 256.0;
}

static void test_lasso(void)
{
    struct mask *m = mask_with(NULL, &steps[1]);
    struct mask_painter *p = painter();
    show(p, m);
    g_assert_cmpint(value_at(p, 300, 170), ==, 255); // the middle, that is circled twice
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            g_assert_cmpfloat_with_epsilon(value_at(p, x, y) / 255.0, star_cover(x, y), 0.09);
        }
    }
    mask_painter_free(p);
    mask_unref(m);
}

static void test_rectangle(void)
{
    struct mask *m = mask_with(NULL, &steps[3]);
    struct mask_painter *p = painter();
    show(p, m);
    g_assert_cmpint(value_at(p, 100, 60), ==, 255);
    g_assert_cmpint(value_at(p, 399, 199), ==, 255);
    g_assert_cmpint(value_at(p, 99, 60), ==, 0);
    g_assert_cmpint(value_at(p, 100, 59), ==, 0);
    g_assert_cmpint(value_at(p, 400, 100), ==, 64);  // a quarter
    g_assert_cmpint(value_at(p, 200, 200), ==, 128); // a half
    g_assert_cmpint(value_at(p, 400, 200), ==, 32);  // of it a quarter
    g_assert_cmpint(value_at(p, 401, 200), ==, 0);
    g_assert_cmpfloat_with_epsilon(raster_mean(mask_painter_raster(p)) * WIDTH * HEIGHT,
                                   300.25 * 140.5, 20.0);
    mask_painter_free(p);
    mask_unref(m);
}

static void test_erase_and_invert(void)
{
    struct mask *m = mask_of(1), *erased = NULL;
    struct mask_step rubber = steps[0];
    struct mask_painter *p = painter();
    rubber.erase = true;
    rubber.softness = 0.0f;
    rubber.size += 2.0f;
    erased = mask_with(m, &rubber);
    show(p, erased);
    g_assert_cmpfloat(raster_mean(mask_painter_raster(p)), ==, 0.0);
    m = add(m, &steps[5]); // inverted
    show(p, m);
    struct mask_painter *plain = painter();
    show(plain, mask_before(m));
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        g_assert_cmpint(mask_painter_raster(p)->values[i], ==,
                        255 - mask_painter_raster(plain)->values[i]);
    }
    mask_painter_free(p);
    mask_painter_free(plain);
    mask_unref(m);
    mask_unref(erased);
}

// A bright rectangle on dark ground.
static struct image *photo_of_thing(void)
{
    const struct image_region thing = {220, 80, 130, 110};
    struct image *photo = picture_flat(WIDTH, HEIGHT, 0.2f, 0.3f, 0.2f);
    for (int y = thing.y; y < thing.y + thing.height; y++) {
        for (int x = thing.x; x < thing.x + thing.width; x++) {
            photo->rgb[3 * (y * WIDTH + x)] = 0.9f;
        }
    }
    return photo;
}

// How well what is selected is the thing: what both have of what either has.
static double agreement(const struct mask_painter *p, const struct image *photo)
{
    int common = 0, either = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const bool a = mask_painter_raster(p)->values[i] >= 128, b = photo->rgb[3 * i] > 0.5f;
        common += a && b;
        either += a || b;
    }
    return (double)common / either;
}

// A map that only says about where: the selection is the rectangle. Where the map lies outside the
// photo a sentence says so.
static void test_selection(void)
{
    struct image *photo = photo_of_thing();
    const struct image_region placed = {100, 20, 400, 250};
    uint8_t coarse[8 * 8];
    for (int i = 0; i < 64; i++) {
        coarse[i] = i % 8 >= 2 && i % 8 <= 4 && i / 8 >= 2 && i / 8 <= 4 ? 220 : 10;
    }
    struct mask_step step = {
        .kind = MASK_SELECTION, .map = coarse, .map_width = 8, .map_height = 8, .placed = placed};
    struct mask *m = mask_with(NULL, &step);
    struct mask_painter *p = mask_painter_new(photo, NULL);
    show(p, m);
    g_assert_cmpfloat(agreement(p, photo), >, 0.95);
    step.placed.x = 201;
    struct mask *beyond = mask_with(NULL, &step);
    g_autoptr(GError) error = NULL;
    g_assert_false(mask_painter_show(p, beyond, NULL, NULL, &error));
    g_assert_nonnull(strstr(error->message, "outside the photo"));
    g_assert_cmpfloat(raster_mean(mask_painter_raster(p)), ==, 0.0);
    mask_painter_free(p);
    mask_unref(m);
    mask_unref(beyond);
    image_free(photo);
}

static double agreement_of(const struct image *photo, const struct mask_step *step, bool on_all)
{
    struct mask *all = on_all ? mask_with(NULL, &(struct mask_step){.kind = MASK_INVERT}) : NULL;
    struct mask *m = mask_with(all, step);
    struct mask *shown =
        on_all ? mask_with(m, &(struct mask_step){.kind = MASK_INVERT}) : mask_ref(m);
    struct mask_painter *p = mask_painter_new(photo, NULL);
    show(p, shown);
    const double found = agreement(p, photo);
    mask_painter_free(p);
    mask_unref(all);
    mask_unref(m);
    mask_unref(shown);
    return found;
}

// What is drawn by a hand that misses the thing's border by some pixels ends at the border, whether
// it adds or takes away; where the border is farther than the reach, it stays near what was drawn.
static void test_follow_edges(void)
{
    static const float around[] = {212, 74, 356, 86, 344, 198, 226, 184};
    static const float across[] = {285, 110, 285, 160};
    static const float far[] = {180, 40, 390, 40, 390, 230, 180, 230};
    struct image *photo = photo_of_thing();
    struct mask_step lasso = {.kind = MASK_LASSO, .count = 4, .points = around};
    g_assert_cmpfloat(agreement_of(photo, &lasso, false), <, 0.93);
    lasso.reach = 12;
    g_assert_cmpfloat(agreement_of(photo, &lasso, false), >, 0.97);
    lasso.erase = true;
    g_assert_cmpfloat(agreement_of(photo, &lasso, true), >, 0.97);

    const struct mask_step stroke = {
        .kind = MASK_BRUSH, .size = 150, .softness = 1, .reach = 37, .count = 2, .points = across};
    struct mask_step plain = stroke;
    plain.reach = 0;
    g_assert_cmpfloat(agreement_of(photo, &stroke, false), >,
                      agreement_of(photo, &plain, false) + 0.05);

    lasso = (struct mask_step){.kind = MASK_LASSO, .reach = 6, .count = 4, .points = far};
    struct mask *m = mask_with(NULL, &lasso);
    struct mask_painter *p = mask_painter_new(photo, NULL);
    show(p, m);
    g_assert_cmpint(value_at(p, 190, 50), >=, 128);
    g_assert_cmpint(value_at(p, 380, 220), >=, 128);
    g_assert_cmpint(value_at(p, 170, 30), <, 128);
    mask_painter_free(p);
    mask_unref(m);
    image_free(photo);
}

// A disc grows and shrinks by what was asked for; feathering makes its border wide and leaves its
// area.
static void test_grow_and_feather(void)
{
    const float middle[] = {300, 150};
    struct mask *disc = mask_with(
        NULL, &(struct mask_step){.kind = MASK_BRUSH, .size = 100, .count = 1, .points = middle});
    struct mask_painter *p = painter();
    for (int amount = -20; amount <= 20; amount += 20) {
        struct mask *m =
            mask_with(disc, &(struct mask_step){.kind = MASK_GROW, .amount = (float)amount});
        const double radius = 50 + amount;
        show(p, m);
        const double area = raster_mean(mask_painter_raster(p)) * WIDTH * HEIGHT;
        g_assert_cmpfloat_with_epsilon(area / (G_PI * radius * radius), 1.0, 0.12);
        mask_unref(m);
    }
    show(p, disc);
    const double area = raster_mean(mask_painter_raster(p));
    struct mask *soft = mask_with(disc, &(struct mask_step){.kind = MASK_FEATHER, .amount = 10});
    show(p, soft);
    g_assert_cmpfloat_with_epsilon(raster_mean(mask_painter_raster(p)) / area, 1.0, 0.02);
    g_assert_cmpint(value_at(p, 300, 150), >, 250);
    g_assert_cmpint(value_at(p, 350, 150), >, 90);
    g_assert_cmpint(value_at(p, 350, 150), <, 150);
    g_assert_cmpint(value_at(p, 360, 150), >, 10);
    mask_painter_free(p);
    mask_unref(soft);
    mask_unref(disc);
}

// ---- the painter's short cuts -------------------------------------------------------------------

static void assert_same(const struct mask_painter *p, const struct mask *m)
{
    struct mask_painter *fresh = painter();
    show(fresh, m);
    g_assert_cmpmem(mask_painter_raster(p)->values, WIDTH * HEIGHT,
                    mask_painter_raster(fresh)->values, WIDTH * HEIGHT);
    mask_painter_free(fresh);
}

// Any way through masks that share beginnings or not ends in what painting from nothing gives.
static void test_undo(void)
{
    static const guint walk[] = {3, 9, 2, 8, 10, 6, 0, 1, 5, 4, 7, 0, 3};
    struct mask_painter *p = painter();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (guint i = 0; i < G_N_ELEMENTS(walk); i++) {
        struct mask *m = mask_of(walk[i]);
        if (g_rand_boolean(random)) {
            m = add(m, &steps[g_rand_int_range(random, 0, G_N_ELEMENTS(steps))]);
        }
        show(p, m);
        assert_same(p, m);
        mask_unref(m);
    }
    mask_painter_free(p);
}

// A stroke that grows point by point, on top of others and with erasing; then it is taken back.
static void test_growing_stroke(void)
{
    struct mask_painter *p = painter();
    struct mask *below = mask_of(2), *last = NULL;
    show(p, below);
    for (int n = 1; n <= 4; n++) {
        struct mask_step stroke = steps[2];
        stroke.count = n;
        mask_unref(last);
        last = mask_with(below, &stroke);
        struct image_region changed;
        g_assert_true(mask_painter_show(p, last, &changed, NULL, NULL));
        g_assert_cmpint(changed.width, <, 400); // not all of it again
        assert_same(p, last);
    }
    struct mask *more = mask_with(last, &steps[3]); // and goes on after an undo
    show(p, more);
    assert_same(p, more);
    show(p, last);
    mask_unref(more);
    struct mask_step stroke = steps[2];
    stroke.count = 5;
    more = mask_with(below, &stroke);
    show(p, more);
    assert_same(p, more);
    show(p, below);
    assert_same(p, below);
    mask_unref(more);
    mask_unref(below);
    mask_unref(last);
    mask_painter_free(p);
}

// What is not in the changed rectangle is as it was.
static void test_changed(void)
{
    struct mask_painter *p = painter();
    g_autofree uint8_t *before = g_new0(uint8_t, WIDTH * HEIGHT);
    static const guint walk[] = {1, 2, 1, 3, 0, 4, 9, 5, 1, 0};
    for (guint i = 0; i < G_N_ELEMENTS(walk); i++) {
        struct mask *m = mask_of(walk[i]);
        struct image_region r;
        g_assert_true(mask_painter_show(p, m, &r, NULL, NULL));
        const uint8_t *now = mask_painter_raster(p)->values;
        for (int k = 0; k < WIDTH * HEIGHT; k++) {
            const int x = k % WIDTH - r.x, y = k / WIDTH - r.y;
            g_assert_true(now[k] == before[k] || (x >= 0 && x < r.width && y >= 0 && y < r.height));
        }
        g_assert_true(mask_painter_show(p, m, &r, NULL, NULL));
        g_assert_cmpint(r.width, ==, 0);
        memcpy(before, now, WIDTH * HEIGHT);
        mask_unref(m);
    }
    mask_painter_free(p);
}

static void test_cancel(void)
{
    struct mask_painter *p = painter();
    struct mask *m = mask_of(G_N_ELEMENTS(steps));
    g_autoptr(GCancellable) stop = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    struct task task = {.cancellable = stop};
    g_cancellable_cancel(stop);
    g_assert_false(mask_painter_show(p, m, NULL, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    show(p, m); // goes on from wherever it was
    assert_same(p, m);
    mask_unref(m);
    mask_painter_free(p);
}

// ---- speed --------------------------------------------------------------------------------------

static const float star_of_24[] = {3000, 200, 3800, 3800, 700, 1100, 5300, 1100, 2200, 3900};

// Of processor time, all threads together: what other programs do meanwhile does not count.
static double ms_to_show(struct mask_painter *p, const struct mask *m)
{
    const clock_t begin = clock();
    show(p, m);
    return (double)(clock() - begin) * 1e3 / CLOCKS_PER_SEC;
}

// A stroke of a wide, soft brush across 24 megapixels, shown as it grows.
static void test_speed(void)
{
    struct image *photo = picture_flat(6000, 4000, 0.5f, 0.5f, 0.5f);
    struct mask_painter *p = mask_painter_new(photo, NULL);
    enum { POINTS = 400 };
    float points[2 * POINTS];
    double worst = 0.0, sum = 0.0;
    for (int n = 1; n <= POINTS; n++) {
        points[2 * n - 2] = 300.0f + 13.0f * (float)n;
        points[2 * n - 1] = 2000.0f + 1200.0f * sinf(0.05f * (float)n);
        const struct mask_step stroke = {
            .kind = MASK_BRUSH, .size = 400, .softness = 0.5f, .count = n, .points = points};
        struct mask *m = mask_with(NULL, &stroke);
        const double ms = ms_to_show(p, m);
        worst = MAX(worst, ms);
        sum += ms;
        mask_unref(m);
    }
    const double undo = ms_to_show(p, NULL);
    g_test_message(
        "24 megapixels, brush of 400: a point %.2f ms of processor time, at most %.2f; undo %.2f",
        sum / POINTS, worst, undo);
    mask_painter_free(p);
    image_free(photo);
}

// Every kind of step at 24 megapixels, one after the other.
static void test_speed_of_steps(void)
{
    static const struct mask_step all[] = {
        {.kind = MASK_LASSO, .count = 5, .points = star_of_24},
        {.kind = MASK_RECTANGLE, .count = 2, .points = star_of_24},
        {.kind = MASK_INVERT},
        {.kind = MASK_GROW, .amount = 20},
        {.kind = MASK_FEATHER, .amount = 20},
        {.kind = MASK_SELECTION,
         .map = map,
         .map_width = 3,
         .map_height = 2,
         .placed = {0, 0, 6000, 4000}},
    };
    struct image *photo = picture_photo(6000, 4000, 8, 1);
    struct mask_painter *p = mask_painter_new(photo, NULL);
    struct mask *m = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        m = add(m, &all[i]);
        const double once = ms_to_show(p, m);
        const double back = ms_to_show(p, mask_before(m));
        show(p, m);
        g_test_message("24 megapixels, %s: %.0f ms of processor time, undo %.0f",
                       mask_kind_names[all[i].kind], once, back);
    }
    mask_unref(m);
    mask_painter_free(p);
    image_free(photo);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mask/value", test_value);
    g_test_add_func("/mask/limits", test_limits);
    g_test_add_func("/mask/json", test_json);
    g_test_add_func("/mask/hostile-json", test_hostile_json);
    g_test_add_func("/mask/brush", test_brush);
    g_test_add_func("/mask/lasso", test_lasso);
    g_test_add_func("/mask/rectangle", test_rectangle);
    g_test_add_func("/mask/erase-and-invert", test_erase_and_invert);
    g_test_add_func("/mask/selection", test_selection);
    g_test_add_func("/mask/follow-edges", test_follow_edges);
    g_test_add_func("/mask/grow-and-feather", test_grow_and_feather);
    g_test_add_func("/mask/undo", test_undo);
    g_test_add_func("/mask/growing-stroke", test_growing_stroke);
    g_test_add_func("/mask/changed", test_changed);
    g_test_add_func("/mask/cancel", test_cancel);
    if (g_test_perf()) {
        g_test_add_func("/mask/speed", test_speed);
        g_test_add_func("/mask/speed-of-steps", test_speed_of_steps);
    }
    return g_test_run();
}
