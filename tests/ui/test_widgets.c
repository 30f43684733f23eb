// Widgets without a window: rows of every kind of setting and of adapters, prompts, thumbnails,
// each finalized without leaks; and the name of an export.
#include "ui/core/export_options.h"
#include "ui/widgets/adapter_row.h"
#include "ui/widgets/prompt_view.h"
#include "ui/widgets/setting_row.h"
#include "ui/widgets/thumb.h"

#include "compute/edit/edit.h"
#include "compute/train/train.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <math.h>

static const char *const fruits[] = {"apple", "pear", "plum", NULL};
static const struct setting rows[] = {
    {.key = "strength", .title = "Strength", .help = "How much", .max = 1, .def = 0.5},
    {.key = "steps",
     .title = "Steps",
     .help = "How long",
     .unit = "steps",
     .kind = SETTING_INT,
     .min = 1,
     .max = 1000,
     .slider_min = 5,
     .slider_max = 100,
     .def = 20},
    {.key = "rate",
     .title = "Rate",
     .help = "How far",
     .min = 1e-8,
     .max = 10,
     .slider_min = 1e-5,
     .slider_max = 1e-1,
     .def = 1e-3,
     .logarithmic = true},
    {.key = "words", .title = "Words", .help = "Also words", .kind = SETTING_SWITCH},
    {.key = "fruit",
     .title = "Fruit",
     .help = "Which one",
     .kind = SETTING_CHOICE,
     .def = 1,
     .choices = fruits},
    {0},
};

static const struct setting *row_of(const char *key)
{
    const struct setting *row = rows;
    while (!g_str_equal(row->key, key)) {
        row++;
    }
    return row;
}

static GtkWidget *find(GtkWidget *root, GType type)
{
    if (G_TYPE_CHECK_INSTANCE_TYPE(root, type)) {
        return root;
    }
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find(child, type);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

struct heard {
    int times;
    double value;
};

static void changed_cb(TinctureSettingRow *row, double value, struct heard *heard)
{
    heard->times++;
    heard->value = value;
}

static TinctureSettingRow *make(const char *key, struct heard *heard)
{
    GtkWidget *row = tincture_setting_row_new(row_of(key), "test");
    *heard = (struct heard){0};
    g_object_ref_sink(row);
    g_signal_connect(row, "changed", G_CALLBACK(changed_cb), heard);
    return TINCTURE_SETTING_ROW(row);
}

static void test_default(void)
{
    for (const struct setting *p = rows; p->key != NULL; p++) {
        struct heard heard;
        TinctureSettingRow *row = make(p->key, &heard);
        g_assert_cmpfloat(tincture_setting_row_get_value(row), ==, p->def);
        g_assert_cmpint(heard.times, ==, 0);
        g_assert_finalize_object(row);
    }
}

// What the session says is shown and not sent back.
static void test_set_is_silent(void)
{
    static const double values[] = {0.123456, 37, 0.02, 1, 2};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        struct heard heard;
        TinctureSettingRow *row = make(rows[i].key, &heard);
        tincture_setting_row_set_value(row, values[i]);
        g_assert_cmpint(heard.times, ==, 0);
        g_assert_cmpfloat(tincture_setting_row_get_value(row), ==, values[i]);
        g_assert_finalize_object(row);
    }
}

static void test_slider(void)
{
    struct heard heard;
    TinctureSettingRow *row = make("strength", &heard);
    gtk_range_set_value(GTK_RANGE(find(GTK_WIDGET(row), GTK_TYPE_SCALE)), 0.73412);
    g_assert_cmpint(heard.times, ==, 1);
    g_assert_cmpfloat_with_epsilon(heard.value, 0.73, 1e-9);
    g_assert_finalize_object(row);

    row = make("steps", &heard);
    gtk_range_set_value(GTK_RANGE(find(GTK_WIDGET(row), GTK_TYPE_SCALE)), 41.6);
    g_assert_cmpfloat(heard.value, ==, 42);
    g_assert_finalize_object(row);

    row = make("rate", &heard);
    gtk_range_set_value(GTK_RANGE(find(GTK_WIDGET(row), GTK_TYPE_SCALE)), log10(0.02));
    g_assert_cmpfloat_with_epsilon(heard.value, 0.02, 1e-9);
    g_assert_finalize_object(row);
}

static void type_text(TinctureSettingRow *row, const char *text)
{
    GtkWidget *entry = find(GTK_WIDGET(row), GTK_TYPE_ENTRY);
    gtk_editable_set_text(GTK_EDITABLE(entry), text);
    g_signal_emit_by_name(entry, "activate");
}

// The entry takes all legal values, also those outside of the slider, and refuses the rest.
static void test_entry(void)
{
    struct heard heard;
    TinctureSettingRow *row = make("steps", &heard);
    GtkWidget *entry = find(GTK_WIDGET(row), GTK_TYPE_ENTRY);
    type_text(row, "500");
    g_assert_cmpfloat(heard.value, ==, 500);
    g_assert_cmpfloat(tincture_setting_row_get_value(row), ==, 500);
    static const char *const refused[] = {"0", "1001", "many", "", "2.5", "nan"};
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        type_text(row, refused[i]);
        g_assert_true(gtk_widget_has_css_class(entry, "error"));
        g_assert_cmpint(heard.times, ==, 1);
    }
    type_text(row, "7");
    g_assert_false(gtk_widget_has_css_class(entry, "error"));
    g_assert_cmpfloat(heard.value, ==, 7);
    type_text(row, "many"); // goes once the value is shown anew, also the same one
    tincture_setting_row_set_value(row, 7);
    g_assert_false(gtk_widget_has_css_class(entry, "error"));
    g_assert_cmpstr(gtk_editable_get_text(GTK_EDITABLE(entry)), ==, "7");
    g_assert_finalize_object(row);
}

// The entry shows the separator of the person's language, and takes it and a point.
static void test_separator(void)
{
    struct heard heard;
    TinctureSettingRow *row = make("strength", &heard);
    GtkWidget *entry = find(GTK_WIDGET(row), GTK_TYPE_ENTRY);
    g_autofree char *own = g_strdup_printf("0%s25", localeconv()->decimal_point);
    type_text(row, own);
    g_assert_cmpfloat(heard.value, ==, 0.25);
    g_assert_cmpstr(gtk_editable_get_text(GTK_EDITABLE(entry)), ==, own);
    type_text(row, "0.75");
    g_assert_cmpfloat(heard.value, ==, 0.75);
    type_text(row, "0;5");
    g_assert_true(gtk_widget_has_css_class(entry, "error"));
    g_assert_finalize_object(row);
}

static void test_reset(void)
{
    struct heard heard;
    TinctureSettingRow *row = make("strength", &heard);
    GtkWidget *reset = find(GTK_WIDGET(row), GTK_TYPE_BUTTON);
    g_assert_false(gtk_widget_get_sensitive(reset));
    tincture_setting_row_set_value(row, 0.9);
    g_assert_true(gtk_widget_get_sensitive(reset));
    g_signal_emit_by_name(reset, "clicked");
    g_assert_cmpfloat(heard.value, ==, 0.5);
    g_assert_false(gtk_widget_get_sensitive(reset));
    g_assert_finalize_object(row);
}

static const struct member shown_member = {.name = "a", .title = "A", .summary = "The first"},
                           hidden_member = {.name = "b",
                                            .title = "B",
                                            .summary = "For scripts",
                                            .level = SETTING_HIDDEN},
                           last_member = {.name = "c", .title = "C", .summary = "The last"};

static const struct member *letters(int i)
{
    static const struct member *const all[] = {&shown_member, &hidden_member, &last_member, NULL};
    return all[i];
}

static const struct setting letter = {
    .key = "letter", .title = "Letter", .help = "Which", .kind = SETTING_CHOICE, .family = letters};

// A member that is for scripts is not offered, and shown as none where a script has chosen it.
static void test_hidden_member(void)
{
    GtkWidget *row = g_object_ref_sink(tincture_setting_row_new(&letter, "test"));
    GtkDropDown *choice = GTK_DROP_DOWN(find(row, GTK_TYPE_DROP_DOWN));
    g_assert_cmpuint(g_list_model_get_n_items(gtk_drop_down_get_model(choice)), ==, 2);
    gtk_drop_down_set_selected(choice, 1);
    g_assert_cmpfloat(tincture_setting_row_get_value(TINCTURE_SETTING_ROW(row)), ==, 2);
    tincture_setting_row_set_value(TINCTURE_SETTING_ROW(row), 1);
    g_assert_cmpuint(gtk_drop_down_get_selected(choice), ==, GTK_INVALID_LIST_POSITION);
    g_assert_cmpfloat(tincture_setting_row_get_value(TINCTURE_SETTING_ROW(row)), ==, 1);
    g_assert_finalize_object(row);
}

static void count_cb(TinctureSettingRow *row, double value, int *changes)
{
    (*changes)++;
}

// What the model came with is marked in the list; nothing is chosen by that.
static void test_marked_member(void)
{
    GtkWidget *row = g_object_ref_sink(tincture_setting_row_new(&letter, "test"));
    GtkDropDown *choice = GTK_DROP_DOWN(find(row, GTK_TYPE_DROP_DOWN));
    GtkStringList *list = GTK_STRING_LIST(gtk_drop_down_get_model(choice));
    int changes = 0;
    g_signal_connect(row, "changed", G_CALLBACK(count_cb), &changes);
    static const char *const marks[] = {"c", "a", "nobody", NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        tincture_setting_row_mark(TINCTURE_SETTING_ROW(row), marks[i]);
        g_assert_cmpstr(gtk_string_list_get_string(list, 0), ==, i == 1 ? "A (of the model)" : "A");
        g_assert_cmpstr(gtk_string_list_get_string(list, 1), ==, i == 0 ? "C (of the model)" : "C");
        g_assert_cmpuint(gtk_drop_down_get_selected(choice), ==, 0);
    }
    g_assert_cmpfloat(tincture_setting_row_get_value(TINCTURE_SETTING_ROW(row)), ==, 0);
    g_assert_cmpint(changes, ==, 0);
    g_assert_finalize_object(row);
}

static void test_switch_and_choice(void)
{
    struct heard heard;
    TinctureSettingRow *row = make("words", &heard);
    gtk_switch_set_active(GTK_SWITCH(find(GTK_WIDGET(row), GTK_TYPE_SWITCH)), TRUE);
    g_assert_cmpfloat(heard.value, ==, 1);
    g_assert_finalize_object(row);

    row = make("fruit", &heard);
    gtk_drop_down_set_selected(GTK_DROP_DOWN(find(GTK_WIDGET(row), GTK_TYPE_DROP_DOWN)), 2);
    g_assert_cmpfloat(heard.value, ==, 2);
    g_assert_finalize_object(row);
}

static bool check_row(const struct setting *p, const struct member *member, void *data)
{
    GtkWidget *row = g_object_ref_sink(tincture_setting_row_new(p, "test"));
    GtkWidget *scale = find(row, GTK_TYPE_SCALE);
    if (scale != NULL) {
        GtkAdjustment *adjustment = gtk_range_get_adjustment(GTK_RANGE(scale));
        const double ends[] = {gtk_adjustment_get_lower(adjustment),
                               gtk_adjustment_get_upper(adjustment)};
        for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
            gtk_range_set_value(GTK_RANGE(scale), ends[i]);
            g_assert_true(
                setting_check(p, tincture_setting_row_get_value(TINCTURE_SETTING_ROW(row)), NULL));
        }
    }
    g_assert_finalize_object(row);
    return true;
}

// Every setting of the program makes a row whose slider stays in the legal range.
static void test_all_settings(void)
{
    g_assert_true(settings_walk(edit_settings, check_row, NULL));
    g_assert_true(settings_walk(generate_settings, check_row, NULL));
    g_assert_true(settings_walk(learn_settings, check_row, NULL));
}

static void edited_cb(TincturePromptView *view, int *times)
{
    (*times)++;
}

// The badge is there where something of the file is not applied or was left open, and says what.
static void test_adapter_row(void)
{
    static const struct {
        int applied, total;
        const char *told, *icon;
    } cases[] = {
        {3, 3, NULL, NULL},
        {2, 3, "1 of 3 tensors are not applied:\nelsewhere.alpha", "dialog-warning-symbolic"},
        {3, 3, "alpha is taken to be the rank", "dialog-information-symbolic"},
    };
    GtkWidget *row = g_object_ref_sink(tincture_adapter_row_new(1));
    g_autoptr(TinctureAdapterEntry) entry = tincture_adapter_entry_new(1, "a", "lora");
    GtkWidget *badge = find(row, GTK_TYPE_MENU_BUTTON);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        entry->applied = cases[i].applied;
        entry->total = cases[i].total;
        g_free(entry->told);
        entry->told = g_strdup(cases[i].told);
        tincture_adapter_row_show(TINCTURE_ADAPTER_ROW(row), entry);
        g_assert_cmpint(gtk_widget_get_visible(badge), ==, cases[i].told != NULL);
        if (cases[i].told != NULL) {
            GtkPopover *popover = gtk_menu_button_get_popover(GTK_MENU_BUTTON(badge));
            GtkWidget *text = find(GTK_WIDGET(popover), GTK_TYPE_LABEL);
            g_assert_cmpstr(gtk_label_get_text(GTK_LABEL(text)), ==, cases[i].told);
            g_assert_cmpstr(gtk_menu_button_get_icon_name(GTK_MENU_BUTTON(badge)), ==,
                            cases[i].icon);
        }
    }
    g_object_unref(row);
}

static void test_prompt(void)
{
    TincturePromptView *view = g_object_ref_sink(g_object_new(TINCTURE_TYPE_PROMPT_VIEW, NULL));
    int edited = 0;
    g_signal_connect(view, "edited", G_CALLBACK(edited_cb), &edited);
    tincture_prompt_view_set_text(view, "a red tram");
    g_assert_cmpint(edited, ==, 0);

    GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(view));
    gtk_text_buffer_insert_at_cursor(buffer, "\nin the rain", -1);
    g_autofree char *text = tincture_prompt_view_dup_text(view);
    g_assert_cmpint(edited, ==, 1);
    g_assert_cmpstr(text, ==, "a red tram in the rain");
    g_object_set(view, "several", TRUE, NULL);
    g_autofree char *lines = tincture_prompt_view_dup_text(view);
    g_assert_cmpstr(lines, ==, "a red tram\nin the rain");
    g_object_set(view, "several", FALSE, NULL);

    tincture_prompt_view_set_text(view, NULL);
    g_assert_cmpint(gtk_text_buffer_get_char_count(buffer), ==, 0);
    g_assert_finalize_object(view);
}

static void test_thumb(void)
{
    GtkWidget *thumb = g_object_ref_sink(tincture_thumb_new(NULL, 60, 40));
    int minimum = 0, natural = 0;
    gtk_widget_measure(thumb, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
    g_assert_cmpint(minimum, ==, 60);
    g_assert_cmpint(natural, ==, 60);
    g_assert_finalize_object(thumb);
}

// The colour in the middle of a column of a thumbnail of 60 x 40, as 0xAARRGGBB.
static guint32 thumb_pixel(int width, int height, guint32 rgba, int y)
{
    g_autofree guint32 *pixels = g_new(guint32, width * height);
    for (int i = 0; i < width * height; i++) {
        pixels[i] = GUINT32_TO_BE(rgba);
    }
    g_autoptr(GBytes) bytes = g_bytes_new(pixels, (gsize)(width * height) * 4);
    g_autoptr(GdkTexture) texture =
        gdk_memory_texture_new(width, height, GDK_MEMORY_R8G8B8A8, bytes, (gsize)width * 4);
    GtkWidget *thumb = g_object_ref_sink(tincture_thumb_new(GDK_PAINTABLE(texture), 60, 40));
    GtkSnapshot *snapshot = gtk_snapshot_new();
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 60, 40);
    cairo_t *cr = cairo_create(surface);
    int minimum;
    gtk_widget_measure(thumb, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
    gtk_widget_allocate(thumb, 60, 40, -1, NULL);
    GTK_WIDGET_GET_CLASS(thumb)->snapshot(thumb, snapshot);
    GskRenderNode *node = gtk_snapshot_free_to_node(snapshot);
    gsk_render_node_draw(node, cr);
    cairo_surface_flush(surface);
    const guchar *row =
        cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
    const guint32 found = ((const guint32 *)row)[30];
    gsk_render_node_unref(node);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    g_object_unref(thumb);
    return found;
}

// A photo fills it; a panorama of few lines is a strip that is not enlarged; what is transparent
// has a checkered ground.
static void test_thumb_grounds(void)
{
    g_assert_cmphex(thumb_pixel(90, 60, 0x102030ff, 1), ==, 0xff102030);
    g_assert_cmphex(thumb_pixel(90, 60, 0x102030ff, 38), ==, 0xff102030);
    g_assert_cmphex(thumb_pixel(256, 16, 0x102030ff, 20), ==, 0xff102030);
    g_assert_cmphex(thumb_pixel(256, 16, 0x102030ff, 4), ==, 0);
    const guint32 first = thumb_pixel(60, 40, 0, 4), second = thumb_pixel(60, 40, 0, 12);
    g_assert_cmphex(first >> 24, ==, 0xff);
    g_assert_cmphex(second >> 24, ==, 0xff);
    g_assert_cmphex(first, !=, second);
}

// In a process of its own, in which gdk-pixbuf has none of its loaders.
static void test_thumb_of_any_format(void)
{
    if (!g_test_subprocess()) {
        g_setenv("GDK_PIXBUF_MODULE_FILE", "/dev/null", TRUE);
        g_test_trap_subprocess(NULL, 0, 0);
        g_unsetenv("GDK_PIXBUF_MODULE_FILE");
        g_test_trap_assert_passed();
        return;
    }
    g_autofree char *path = g_build_filename(g_getenv("TINCTURE_RESOURCES"), "..", "tests", "data",
                                             "pictures", "turned.heic", NULL);
    TinctureThumb *thumb = g_object_ref_sink(TINCTURE_THUMB(tincture_thumb_new(NULL, 60, 40)));
    g_autoptr(GdkPaintable) paintable = NULL;
    tincture_thumb_load(thumb, path);
    for (gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
         paintable == NULL && g_get_monotonic_time() < end;) {
        g_main_context_iteration(NULL, FALSE);
        g_object_get(thumb, "paintable", &paintable, NULL);
    }
    g_assert_nonnull(paintable);
    g_assert_cmpint(gdk_paintable_get_intrinsic_width(paintable), ==, 24);
    g_assert_cmpint(gdk_paintable_get_intrinsic_height(paintable), ==, 32);
    g_object_unref(thumb);
}

// Beside the photo, under a name that nothing has.
static void test_export_name(void)
{
    g_autofree char *folder = g_dir_make_tmp("tincture-export-XXXXXX", NULL);
    g_autofree char *first = export_free_path(folder, "tram.1.jpg", "png");
    g_autofree char *wanted = g_build_filename(folder, "tram.1-edited.png", NULL);
    g_assert_cmpstr(first, ==, wanted);
    g_assert_true(g_file_set_contents(first, "", 0, NULL));
    g_autofree char *second = export_free_path(folder, "tram.1.jpg", "png");
    g_autofree char *other = export_free_path(folder, "tram.1.jpg", "jpg");
    g_assert_true(g_str_has_suffix(second, "/tram.1-edited-2.png"));
    g_assert_true(g_str_has_suffix(other, "/tram.1-edited.jpg"));
    g_remove(first);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/ui/setting-row/default", test_default);
    g_test_add_func("/ui/setting-row/set-is-silent", test_set_is_silent);
    g_test_add_func("/ui/setting-row/slider", test_slider);
    g_test_add_func("/ui/setting-row/entry", test_entry);
    g_test_add_func("/ui/setting-row/separator", test_separator);
    g_test_add_func("/ui/setting-row/reset", test_reset);
    g_test_add_func("/ui/setting-row/switch-and-choice", test_switch_and_choice);
    g_test_add_func("/ui/setting-row/hidden-member", test_hidden_member);
    g_test_add_func("/ui/setting-row/all-settings", test_all_settings);
    g_test_add_func("/ui/adapter-row", test_adapter_row);
    g_test_add_func("/ui/marked-member", test_marked_member);
    g_test_add_func("/ui/prompt-view", test_prompt);
    g_test_add_func("/ui/thumb", test_thumb);
    g_test_add_func("/ui/thumb-grounds", test_thumb_grounds);
    g_test_add_func("/ui/thumb-of-any-format", test_thumb_of_any_format);
    g_test_add_func("/ui/export-name", test_export_name);
    return g_test_run();
}
