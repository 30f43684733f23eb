// Parameter tables.
#include "compute/error.h"
#include "compute/param.h"

#include <math.h>

static const char *const subsets[] = {"all", "cross-attention", NULL};
static const struct param table[] = {
    {.key = "lr",
     .title = "Learning rate",
     .type = PARAM_FLOAT,
     .min = 1e-6,
     .max = 1,
     .def = 1e-3},
    {.key = "steps", .title = "Steps", .type = PARAM_INT, .min = 1, .max = 5000, .def = 60},
    {.key = "flip", .title = "Mirror", .type = PARAM_BOOL},
    {.key = "subset", .title = "Layers", .type = PARAM_CHOICE, .choices = subsets, .def = 1},
    {NULL},
};

static void test_table(void)
{
    double values[4];
    g_assert_cmpint(param_count(table), ==, 4);
    g_assert_true(param_find(table, "flip") == &table[2]);
    g_assert_null(param_find(table, "nothing"));
    param_defaults(table, values);
    g_assert_cmpfloat(param_get(table, values, "steps"), ==, 60);
    for (int i = 0; i < 4; i++) {
        g_assert_true(param_check(&table[i], values[i], NULL));
    }
}

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
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        double value = -7;
        bool ok = param_parse(param_find(table, cases[i].key), cases[i].text, &value, &error);
        if (isnan(cases[i].value)) {
            g_assert_false(ok);
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
            g_assert_cmpfloat(value, ==, -7);
        } else {
            g_assert_no_error(error);
            g_assert_cmpfloat(value, ==, cases[i].value);
        }
    }
}

// What is written can be read, and gives the same value.
static void test_format(void)
{
    static const struct {
        const char *key;
        double value;
        const char *text;
    } cases[] = {{"lr", 0.001, "0.001"},
                 {"steps", 60, "60"},
                 {"flip", 1, "on"},
                 {"subset", 1, "cross-attention"},
                 {"lr", 0.1234567890123, NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct param *row = param_find(table, cases[i].key);
        g_autofree char *text = param_format(row, cases[i].value);
        double back;
        if (cases[i].text) {
            g_assert_cmpstr(text, ==, cases[i].text);
        }
        g_assert_true(param_parse(row, text, &back, NULL));
        g_assert_cmpfloat(back, ==, cases[i].value);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/param/table", test_table);
    g_test_add_func("/param/parse", test_parse);
    g_test_add_func("/param/format", test_format);
    return g_test_run();
}
