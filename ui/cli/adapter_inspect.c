// `adapter inspect`: what adapters do to the model, by groups of layers, and how alike they are.
#include "ui/cli/adapter_inspect.h"

#include "ui/core/plain_text.h"

#include <math.h>
#include <stdio.h>

// A column, with what x is printed as, which it frees; "-" where it is no number.
static void print_cell(double x, char *text)
{
    printf("%12s", isnan(x) ? "-" : text);
    g_free(text);
}

static int count_layers(const struct adapter_study *s, int a, struct layer_group group)
{
    int count = 0;
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = s->layers->pdata[i];
        count += layer_group_has(group, l->group) && l->parts[a].change > 0;
    }
    return count;
}

static void print_row(const struct adapter_study *s, int a, struct layer_group group)
{
    g_autofree char *name = layer_group_name(group);
    double before;
    const double after = study_energy(s, a, group, &before);
    printf("  %-8s%8d", name, count_layers(s, a, group));
    const double size = study_size(s, a, group), askew = study_askew(s, a, group);
    print_cell(size, g_strdup_printf("%.4g", size));
    print_cell(before, g_strdup_printf("%.6g", before));
    print_cell(before, g_strdup_printf("%+.2g %%", 100 * (after / before - 1)));
    print_cell(askew, g_strdup_printf("%.2g", askew));
    putchar('\n');
}

static void print_matrix(const struct adapter_study *s)
{
    printf("correlation of the changes, the mean over the layers that both change\n  ");
    for (int b = 0; b < s->n; b++) {
        printf("%12d", b + 1);
    }
    for (int a = 0; a < s->n; a++) {
        printf("\n%2d", a + 1);
        for (int b = 0; b < s->n; b++) {
            const double r = study_correlation(s, a, b, LAYER_ALL, NULL);
            print_cell(r, g_strdup_printf("%.3f", r));
        }
    }
    putchar('\n');
}

static void print_text(const struct adapter_study *s, struct adapter *const *list,
                       const GArray *groups)
{
    for (int a = 0; a < s->n; a++) {
        g_autofree char *name = plain_text(list[a]->name, TEXT_NAME);
        printf("%d %s: %s\n  %-8s%8s%12s%12s%12s%12s\n", a + 1, name, list[a]->method->title,
               "group", "layers", "|dW|/|W|", "energy", "changes by", "|RR^T-I|");
        for (guint i = 0; i < groups->len; i++) {
            print_row(s, a, g_array_index(groups, struct layer_group, i));
        }
    }
    if (s->n > 1) {
        print_matrix(s);
    }
    for (guint i = 1; s->n == 2 && i < groups->len; i++) {
        const struct layer_group group = g_array_index(groups, struct layer_group, i);
        const double r = study_correlation(s, 0, 1, group, NULL);
        g_autofree char *name = layer_group_name(group);
        printf("  %-8s", name);
        print_cell(r, g_strdup_printf("%.3f", r));
        putchar('\n');
    }
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_text(JsonBuilder *b, const char *key, const char *text)
{
    json_builder_set_member_name(b, key);
    json_builder_add_string_value(b, text);
}

// null where there is no number.
static void add_value(JsonBuilder *b, double x)
{
    if (isfinite(x)) {
        json_builder_add_double_value(b, x);
    } else {
        json_builder_add_null_value(b);
    }
}

static void add_number(JsonBuilder *b, const char *key, double x)
{
    json_builder_set_member_name(b, key);
    add_value(b, x);
}

static void add_group(JsonBuilder *b, const struct adapter_study *s, int a,
                      struct layer_group group)
{
    g_autofree char *name = layer_group_name(group);
    double before;
    const double after = study_energy(s, a, group, &before);
    json_builder_begin_object(b);
    add_text(b, "group", name);
    add_number(b, "layers", count_layers(s, a, group));
    add_number(b, "change", study_size(s, a, group));
    add_number(b, "energy_before", before);
    add_number(b, "energy_after", after);
    add_number(b, "askew", study_askew(s, a, group));
    json_builder_end_object(b);
}

static void add_layer(JsonBuilder *b, const struct study_layer *l, int a)
{
    g_autofree char *name = layer_group_name(l->group);
    json_builder_begin_object(b);
    add_text(b, "part", l->part);
    add_text(b, "path", l->path);
    add_text(b, "group", name);
    add_number(b, "change", l->weight > 0 ? l->parts[a].change / l->weight : NAN);
    add_number(b, "energy_before", l->energy);
    add_number(b, "energy_after", l->parts[a].energy);
    add_number(b, "askew", l->parts[a].askew);
    json_builder_end_object(b);
}

static void add_adapter(JsonBuilder *b, const struct adapter_study *s, int a,
                        const struct adapter *adapter, const GArray *groups)
{
    g_autofree char *name = plain_text(adapter->name, TEXT_NAME);
    json_builder_begin_object(b);
    add_text(b, "name", name);
    add_text(b, "method", adapter->method->name);
    json_builder_set_member_name(b, "groups");
    json_builder_begin_array(b);
    for (guint i = 0; i < groups->len; i++) {
        add_group(b, s, a, g_array_index(groups, struct layer_group, i));
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "layers");
    json_builder_begin_array(b);
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = s->layers->pdata[i];
        if (l->parts[a].change > 0) {
            add_layer(b, l, a);
        }
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static void add_matrix(JsonBuilder *b, const struct adapter_study *s, struct layer_group group)
{
    g_autofree char *name = layer_group_name(group);
    json_builder_begin_object(b);
    add_text(b, "group", name);
    json_builder_set_member_name(b, "matrix");
    json_builder_begin_array(b);
    for (int x = 0; x < s->n; x++) {
        json_builder_begin_array(b);
        for (int y = 0; y < s->n; y++) {
            add_value(b, study_correlation(s, x, y, group, NULL));
        }
        json_builder_end_array(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static void print_json(const struct adapter_study *s, struct adapter *const *list,
                       const GArray *groups)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "adapters");
    json_builder_begin_array(b);
    for (int a = 0; a < s->n; a++) {
        add_adapter(b, s, a, list[a], groups);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "correlation");
    json_builder_begin_array(b);
    for (guint i = 0; i < groups->len; i++) {
        add_matrix(b, s, g_array_index(groups, struct layer_group, i));
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    cli_print_json(b);
}

bool cli_inspect(struct cli *c, struct adapter *const *list, int n, GError **error)
{
    struct adapter_study *s = adapter_study_new(list, n, &cli_task, error);
    cli_progress_end();
    if (!s) {
        return false;
    }
    g_autoptr(GArray) groups = study_groups(s);
    const struct layer_group all = LAYER_ALL;
    g_array_prepend_val(groups, all);
    (c->json ? print_json : print_text)(s, list, groups);
    adapter_study_free(s);
    return true;
}
