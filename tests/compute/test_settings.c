// Settings: tables, values, text, JSON, on a family of the test's own.
#include "compute/error.h"
#include "compute/settings.h"

#include <math.h>

// ---- a family of two members, and a table that chooses from it ----------------------------------

static bool flipped(const struct settings *s)
{
    return settings_get(s, "flip") != 0;
}

static bool slow(const struct settings *s)
{
    return settings_get(s, "lr") < 0.5;
}

static const struct setting round_rows[] = {
    {.key = "radius",
     .title = "Radius",
     .kind = SETTING_FLOAT,
     .min = 0,
     .max = 9,
     .def = 2,
     .matters = flipped},
    {0},
};
static const struct setting square_rows[] = {
    {.key = "side", .title = "Side", .kind = SETTING_INT, .min = 1, .max = 9, .def = 3},
    {.key = "tilted", .title = "Tilted", .kind = SETTING_SWITCH},
    {0},
};
static const struct member round_member = {"round", "Circle", "No corners", round_rows};
static const struct member square_member = {"square", "Square", "Four corners", square_rows};
static const struct member dot_member = {"dot", "Dot", "Nothing to set", NULL};

static const struct member *shape_family(int i)
{
    static const struct member *const all[] = {&round_member, &square_member, &dot_member, NULL};
    return all[i];
}

enum { SCOPE_COLOUR = 1, SCOPE_OUTLINE = 2 };

static const char *const subsets[] = {"all", "cross-attention", NULL};
static const struct setting table[] = {
    {.key = "lr", .title = "Rate", .kind = SETTING_FLOAT, .min = 1e-6, .max = 1, .def = 1e-3},
    {.key = "shape",
     .title = "Shape",
     .kind = SETTING_CHOICE,
     .family = shape_family,
     .matters = slow},
    {.key = "steps", .title = "Steps", .kind = SETTING_INT, .min = 1, .max = 5000, .def = 60},
    {.key = "flip",
     .former = "mirror",
     .title = "Mirror",
     .kind = SETTING_SWITCH,
     .scope = SCOPE_COLOUR},
    {.key = "subset",
     .title = "Layers",
     .recipe = "Subset",
     .kind = SETTING_CHOICE,
     .choices = subsets,
     .def = 1,
     .scope = SCOPE_OUTLINE},
    {0},
};

static void set(struct settings *s, const char *key, const char *text)
{
    g_autoptr(GError) error = NULL;
    settings_parse(s, key, text, &error);
    g_assert_no_error(error);
}

// ---- one row ------------------------------------------------------------------------------------

static void test_parse(void)
{
    static const struct {
        const char *key, *text;
        double value; // NAN: refused
    } cases[] = {
        {"lr", "0.01", 0.01},
        {"lr", "1e-4", 1e-4},
        {"lr", "0", NAN},
        {"lr", "0,1", NAN},
        {"lr", "", NAN},
        {"lr", "nan", NAN},
        {"lr", "inf", NAN},
        {"lr", "1x", NAN},
        {"lr", " 1", NAN},
        {"steps", "0x10", NAN},
        {"steps", "12", 12},
        {"steps", "1.5", NAN},
        {"steps", "5001", NAN},
        {"steps", "-1", NAN},
        {"flip", "on", 1},
        {"flip", "False", 0},
        {"flip", "2", NAN},
        {"subset", "all", 0},
        {"subset", "cross-attention", 1},
        {"subset", "x", NAN},
        {"shape", "square", 1},
        {"shape", "Square", NAN},
        {"nothing", "1", NAN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        struct settings *s = settings_new(table);
        const bool there = settings_find(s, cases[i].key, NULL) != NULL;
        const double before = there ? settings_get(s, cases[i].key) : 0;
        const bool ok = settings_parse(s, cases[i].key, cases[i].text, &error);
        if (isnan(cases[i].value)) {
            g_assert_false(ok);
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
            g_assert_nonnull(strstr(error->message, cases[i].key));
            g_assert_true(!there || settings_get(s, cases[i].key) == before);
        } else {
            g_assert_no_error(error);
            g_assert_true(ok);
            g_assert_cmpfloat(settings_get(s, cases[i].key), ==, cases[i].value);
        }
        settings_free(s);
    }
}

// What is written can be read, and gives the same value.
static void test_print(void)
{
    static const struct {
        const char *key;
        double value;
        const char *text;
    } cases[] = {{"lr", 0.001, "0.001"}, {"steps", 60, "60"},
                 {"flip", 1, "on"},      {"subset", 1, "cross-attention"},
                 {"shape", 2, "dot"},    {"lr", 0.1234567890123, NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct settings *s = settings_new(table), *back = settings_new(table);
        g_assert_true(settings_set(s, cases[i].key, cases[i].value, NULL));
        g_autofree char *text = settings_print(s, cases[i].key);
        if (cases[i].text) {
            g_assert_cmpstr(text, ==, cases[i].text);
        }
        set(back, cases[i].key, text);
        g_assert_cmpfloat(settings_get(back, cases[i].key), ==, cases[i].value);
        settings_free(s);
        settings_free(back);
    }
}

// ---- members ------------------------------------------------------------------------------------

static void test_rows(void)
{
    struct settings *s = settings_new(table), *owner = NULL;
    static const char *const with_round[] = {"lr", "shape", "radius", "steps", "flip", "subset"};
    for (size_t i = 0; i < G_N_ELEMENTS(with_round); i++) {
        g_assert_cmpstr(settings_row(s, (int)i, &owner)->key, ==, with_round[i]);
        g_assert_true((owner == s) == (i != 2));
    }
    g_assert_null(settings_row(s, G_N_ELEMENTS(with_round), NULL));
    set(s, "shape", "square");
    g_assert_cmpstr(settings_row(s, 3, NULL)->key, ==, "tilted");
    g_assert_null(settings_find(s, "radius", NULL));
    g_assert_cmpstr(settings_choice(s, "shape"), ==, "square");
    g_assert_true(settings_member(s, "shape")->table == square_rows);
    settings_free(s);
}

// A member's row is set only while it is chosen, and what was set is there when it is chosen again.
static void test_members(void)
{
    struct settings *s = settings_new(table);
    g_autoptr(GError) error = NULL;
    set(s, "radius", "5");
    g_assert_false(settings_parse(s, "side", "4", &error));
    g_assert_cmpstr(error->message, ==, "'side' is a setting of the shape square, not of round");
    set(s, "shape", "square");
    set(s, "side", "4");
    set(s, "shape", "round");
    g_assert_cmpfloat(settings_get(s, "radius"), ==, 5);
    set(s, "shape", "square");
    g_assert_cmpint(settings_int(s, "side"), ==, 4);
    g_assert_cmpfloat(settings_get(s, "tilted"), ==, 0);
    settings_free(s);
}

// A row has no effect where it says so, nor where the choice has none that it belongs to.
static void test_matters(void)
{
    struct settings *s = settings_new(table);
    g_assert_true(settings_matters(s, "lr"));
    g_assert_true(settings_matters(s, "shape"));
    g_assert_false(settings_matters(s, "radius"));
    set(s, "flip", "on");
    g_assert_true(settings_matters(s, "radius"));
    set(s, "lr", "0.9");
    g_assert_false(settings_matters(s, "shape"));
    g_assert_false(settings_matters(s, "radius"));
    set(s, "shape", "square");
    g_assert_false(settings_matters(s, "side"));
    set(s, "lr", "0.1");
    g_assert_true(settings_matters(s, "side"));
    settings_free(s);
}

// What is named is the row that does it, also where several are as they do not stand by default,
// and where the key is a member's.
static void test_hindrance(void)
{
    struct settings *s = settings_new(table);
    set(s, "steps", "70");
    g_assert_null(settings_hindrance(s, "lr"));
    g_assert_null(settings_hindrance(s, "radius")); // flip has its default, which does it
    set(s, "flip", "on");
    g_assert_null(settings_hindrance(s, "radius"));
    set(s, "lr", "0.9");
    g_assert_cmpstr(settings_hindrance(s, "shape")->key, ==, "lr");
    g_assert_cmpstr(settings_hindrance(s, "radius")->key, ==, "lr");
    g_autofree char *recipe = settings_recipe(s);
    g_assert_null(strstr(recipe, "Shape"));
    g_assert_cmpfloat(settings_get(s, "lr"), ==, 0.9);
    settings_free(s);
}

static void test_equal(void)
{
    struct settings *a = settings_new(table), *b = settings_copy(a);
    g_assert_true(settings_equal(a, b));
    set(b, "radius", "5");
    g_assert_false(settings_equal(a, b));
    set(b, "shape", "dot");
    set(a, "shape", "dot"); // what does not count is not compared
    g_assert_true(settings_equal(a, b));
    settings_assign(a, b);
    set(a, "shape", "round"); // but goes along
    g_assert_cmpfloat(settings_get(a, "radius"), ==, 5);
    settings_free(a);
    settings_free(b);
}

// What a person has set stays where defaults change, also in members that are not chosen.
static void test_follow(void)
{
    struct settings *s = settings_new(table), *before = settings_copy(s), *after = settings_copy(s);
    set(before, "steps", "70");
    set(s, "steps", "70");
    set(s, "lr", "0.9");
    set(after, "steps", "80");
    set(after, "lr", "0.1");
    set(after, "radius", "5");
    set(after, "shape", "square");
    settings_follow(s, before, after);
    g_assert_cmpint(settings_int(s, "steps"), ==, 80);
    g_assert_cmpfloat(settings_get(s, "lr"), ==, 0.9);
    g_assert_cmpstr(settings_choice(s, "shape"), ==, "square");
    set(s, "shape", "round");
    g_assert_cmpfloat(settings_get(s, "radius"), ==, 5);
    settings_free(s);
    settings_free(before);
    settings_free(after);
}

// ---- text ---------------------------------------------------------------------------------------

static void test_text(void)
{
    struct settings *s = settings_new(table);
    set(s, "shape", "square");
    g_autofree char *text = settings_text(s);
    g_assert_cmpstr(text, ==,
                    "lr=0.001 shape=square side=3 tilted=off steps=60 flip=off "
                    "subset=cross-attention");
    g_autofree char *colour = settings_key(s, SCOPE_COLOUR);
    g_assert_cmpstr(colour, ==, "lr=0.001 shape=square side=3 tilted=off steps=60 flip=off");
    g_autofree char *neither = settings_key(s, 0);
    g_assert_cmpstr(neither, ==, "lr=0.001 shape=square side=3 tilted=off steps=60");
    g_autofree char *recipe = settings_recipe(s);
    g_assert_cmpstr(recipe, ==,
                    "Subset: cross-attention, Rate: 0.001, Shape: Square, Side: 3, Tilted: off, "
                    "Steps: 60, Mirror: off");
    settings_free(s);
}

// ---- JSON ---------------------------------------------------------------------------------------

static char *to_json(const struct settings *s)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    settings_write_json(s, b);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

static struct settings *from_json(const char *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root = json_from_string(json, &error);
    g_assert_no_error(error);
    struct settings *s = settings_new(table);
    settings_read_json(s, json_node_get_object(root));
    return s;
}

static void test_json(void)
{
    struct settings *s = settings_new(table);
    set(s, "radius", "5.5");
    set(s, "shape", "square");
    set(s, "tilted", "on");
    g_autofree char *json = to_json(s);
    g_assert_cmpstr(json, ==,
                    "{\"lr\":0.001,\"shape\":\"square\",\"round\":{\"radius\":5.5},"
                    "\"square\":{\"side\":3,\"tilted\":true},\"steps\":60,\"flip\":false,"
                    "\"subset\":\"cross-attention\"}");
    struct settings *back = from_json(json);
    g_assert_true(settings_equal(s, back));
    set(back, "shape", "round"); // the members that are not chosen come back, too
    g_assert_cmpfloat(settings_get(back, "radius"), ==, 5.5);
    settings_free(s);
    settings_free(back);
}

// What version 0.1 wrote: flat, choices by number, everything as a double.
static void test_json_flat(void)
{
    struct settings *s =
        from_json("{\"shape\":\"square\",\"side\":7.0,\"subset\":0,\"steps\":12.0}");
    g_assert_cmpint(settings_int(s, "side"), ==, 7);
    g_assert_cmpint(settings_int(s, "steps"), ==, 12);
    g_assert_cmpstr(settings_choice(s, "subset"), ==, "all");
    settings_free(s);
}

// A key that was another one before is still read, here and where a person writes it; what stands
// under the key of today counts more.
static void test_former_key(void)
{
    struct settings *s = from_json("{\"mirror\":true}");
    struct settings *both = from_json("{\"mirror\":true,\"flip\":false}");
    g_assert_cmpfloat(settings_get(s, "flip"), ==, 1);
    g_assert_cmpfloat(settings_get(both, "flip"), ==, 0);
    set(s, "mirror", "off");
    g_assert_cmpfloat(settings_get(s, "flip"), ==, 0);
    settings_free(s);
    settings_free(both);
}

static void test_json_odd(void)
{
    static const char *const odd[] = {
        "{\"lr\":\"0.5\",\"shape\":7,\"steps\":1.5,\"flip\":1,\"subset\":-1}",
        "{\"lr\":null,\"shape\":{},\"steps\":[],\"flip\":\"on\",\"subset\":\"none\"}",
        "{\"lr\":1e99,\"shape\":\"\",\"steps\":0,\"round\":3,\"square\":[1],\"subset\":1e300}",
        "{\"other\":1}",
    };
    struct settings *defaults = settings_new(table);
    set(defaults, "flip", "off");
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        struct settings *s = from_json(odd[i]);
        set(s, "flip", "off"); // a number is as good as a word there
        g_autofree char *text = settings_text(s), *expected = settings_text(defaults);
        g_assert_cmpstr(text, ==, expected);
        settings_free(s);
    }
    settings_free(defaults);
}

// ---- walking ------------------------------------------------------------------------------------

static bool count_cb(const struct setting *row, const struct member *member, void *data)
{
    int *counts = data;
    counts[member != NULL]++;
    return row->key != NULL;
}

static void test_walk(void)
{
    int counts[2] = {0};
    g_assert_true(settings_walk(table, count_cb, counts));
    g_assert_cmpint(counts[0], ==, 5);
    g_assert_cmpint(counts[1], ==, 3);
    struct settings *nothing = settings_new(NULL);
    g_assert_null(settings_row(nothing, 0, NULL));
    settings_free(nothing);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/parse", test_parse);
    g_test_add_func("/settings/print", test_print);
    g_test_add_func("/settings/rows", test_rows);
    g_test_add_func("/settings/members", test_members);
    g_test_add_func("/settings/matters", test_matters);
    g_test_add_func("/settings/hindrance", test_hindrance);
    g_test_add_func("/settings/equal", test_equal);
    g_test_add_func("/settings/follow", test_follow);
    g_test_add_func("/settings/text", test_text);
    g_test_add_func("/settings/json", test_json);
    g_test_add_func("/settings/json-flat", test_json_flat);
    g_test_add_func("/settings/former-key", test_former_key);
    g_test_add_func("/settings/json-odd", test_json_odd);
    g_test_add_func("/settings/walk", test_walk);
    return g_test_run();
}
