// The verbs of the tools on the canvas, and their keys.
#include "ui/window_private.h"

#include "ui/canvas/frame.h"

#define VARIATIONS 4 // side by side

static TinctureWindow *window_of(GtkWidget *widget)
{
    return TINCTURE_WINDOW(widget);
}

// ---- the tools ----------------------------------------------------------------------------------

static void brush_size_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_canvas_step_brush(tincture_window_get_canvas(window_of(widget)),
                               g_variant_get_int32(target), 0);
}

static void brush_softness_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_canvas_step_brush(tincture_window_get_canvas(window_of(widget)), 0,
                               g_variant_get_int32(target));
}

static void ask_word_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_toolbar_ask_word(
        tincture_stage_get_toolbar(tincture_window_get_stage(window_of(widget))));
}

// ---- the mask -----------------------------------------------------------------------------------

// What changes the mask shows it.
static void add_step(TinctureWindow *self, const struct mask_step *step)
{
    TinctureProject *project = tincture_window_get_project(self);
    struct mask *mask = mask_with(project->document.mask, step);
    tincture_canvas_set_show_mask(tincture_window_get_canvas(self), TRUE);
    tincture_project_set_mask(project, mask);
    mask_unref(mask);
}

static void select_word(TinctureWindow *self, GVariant *word, bool erase)
{
    tincture_canvas_set_show_mask(tincture_window_get_canvas(self), TRUE);
    tincture_session_select_word(self->session, tincture_window_get_project(self),
                                 g_variant_get_string(word, NULL), erase);
}

static void select_action(GtkWidget *widget, const char *name, GVariant *target)
{
    select_word(window_of(widget), target, false);
}

static void deselect_action(GtkWidget *widget, const char *name, GVariant *target)
{
    select_word(window_of(widget), target, true);
}

static void mask_invert_action(GtkWidget *widget, const char *name, GVariant *target)
{
    add_step(window_of(widget), &(struct mask_step){.kind = MASK_INVERT});
}

static void mask_grow_action(GtkWidget *widget, const char *name, GVariant *target)
{
    add_step(window_of(widget),
             &(struct mask_step){.kind = MASK_GROW, .amount = (float)g_variant_get_int32(target)});
}

static void mask_feather_action(GtkWidget *widget, const char *name, GVariant *target)
{
    add_step(window_of(widget), &(struct mask_step){.kind = MASK_FEATHER,
                                                    .amount = (float)g_variant_get_int32(target)});
}

static void mask_clear_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_project_set_mask(tincture_window_get_project(window_of(widget)), NULL);
}

// ---- the frame ----------------------------------------------------------------------------------

static void frame_remove_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_project_set_region(tincture_window_get_project(window_of(widget)), NULL);
}

static void frame_show_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    tincture_canvas_zoom_to(tincture_window_get_canvas(self),
                            &tincture_window_get_project(self)->document.region);
}

// Around the mask, with some of what is beside it; without one, around what the words are about.
static void frame_fit_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    TincturePainting *painting = tincture_window_get_painting(self);
    TinctureProject *project = tincture_window_get_project(self);
    const struct raster *raster = tincture_painting_raster(painting);
    struct image_region box;
    if (project->document.mask == NULL) {
        tincture_session_suggest_frame(self->session, project);
    } else if (raster != NULL && !tincture_painting_is_busy(painting) &&
               frame_around(raster->values, raster->width, raster->height, &box)) {
        tincture_project_set_region(project, &box);
    }
}

// ---- variations ---------------------------------------------------------------------------------

static void vary_action(GtkWidget *widget, const char *name, GVariant *target)
{
    variations_begin(window_of(widget)->session->variations, VARIATIONS);
}

static void continue_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_session_continue(window_of(widget)->session);
}

// ---- keys ---------------------------------------------------------------------------------------

// Letters without Ctrl, as programs for painting have them. The window sees them only after the
// widget that has the keyboard: where text is written they are text.
static const struct {
    const char *action;
    const char *keys[2];
} letters[] = {
    {"win.tool::hand", {"h"}},
    {"win.tool::frame", {"f"}},
    {"win.tool::brush", {"b"}},
    {"win.tool::rectangle", {"m"}},
    {"win.tool::lasso", {"l"}},
    {"win.tool::pick", {"s"}},
    {"win.ask-word", {"w"}},
    {"win.erase", {"e"}},
    {"win.follow-edges", {"g"}},
    {"win.show-mask", {"o"}},
    {"win.mask-invert", {"i"}},
    {"win.frame-remove", {"Delete"}},
    {"win.brush-size(1)", {"bracketright"}},
    {"win.brush-size(-1)", {"bracketleft"}},
    {"win.brush-softness(1)", {"<Shift>braceright"}},
    {"win.brush-softness(-1)", {"<Shift>braceleft"}},
};

static GtkShortcut *shortcut_new(const char *detailed, const char *key)
{
    g_autofree char *name = NULL;
    g_autoptr(GVariant) target = NULL;
    g_action_parse_detailed_name(detailed, &name, &target, NULL);
    GtkShortcut *shortcut =
        gtk_shortcut_new(gtk_shortcut_trigger_parse_string(key), gtk_named_action_new(name));
    gtk_shortcut_set_arguments(shortcut, target);
    return shortcut;
}

static void add_letters(TinctureWindow *self)
{
    GtkEventController *keys = gtk_shortcut_controller_new();
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(letters[i].keys) && letters[i].keys[k] != NULL; k++) {
            gtk_shortcut_controller_add_shortcut(
                GTK_SHORTCUT_CONTROLLER(keys), shortcut_new(letters[i].action, letters[i].keys[k]));
        }
    }
    gtk_widget_add_controller(GTK_WIDGET(self), keys);
}

// ---- which make sense now -----------------------------------------------------------------------

void tincture_window_update_tools(TinctureWindow *self)
{
    TinctureCanvas *canvas = tincture_window_get_canvas(self);
    const TinctureProject *project = tincture_window_get_project(self);
    const gboolean photo = project->photo != NULL;
    const gboolean mask = photo && project->document.mask != NULL;
    const gboolean frame = photo && project->document.region.width > 0;
    const gboolean open = project == self->project; // and no subject's
    const gboolean result = photo && project->result != NULL && !project->drawing;
    const gboolean prompt = photo && *project->document.prompt != '\0';
    const struct {
        const char *name;
        gboolean enabled;
    } states[] = {
        {"win.ask-word", photo},
        {"win.select", photo},
        {"win.deselect", mask},
        {"win.mask-invert", photo},
        {"win.mask-grow", mask},
        {"win.mask-feather", mask},
        {"win.mask-clear", mask},
        {"win.frame-remove", frame},
        {"win.frame-show", frame},
        {"win.frame-fit", photo},
        {"win.vary", open && prompt},
        {"win.continue", open && result},
        {"win.brush-size", photo && tincture_canvas_get_tool(canvas) == TOOL_BRUSH},
        {"win.brush-softness", photo && tincture_canvas_get_tool(canvas) == TOOL_BRUSH},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        gtk_widget_action_set_enabled(GTK_WIDGET(self), states[i].name, states[i].enabled);
    }
}

// Switches of the canvas that is seen: those of the one before are replaced.
void tincture_window_take_canvas(TinctureWindow *self)
{
    TinctureCanvas *canvas = tincture_window_get_canvas(self);
    static const char *const properties[] = {"compare",      "tool",      "erase",
                                             "follow-edges", "show-mask", "peek-mask"};
    for (gsize i = 0; i < G_N_ELEMENTS(properties); i++) {
        g_autoptr(GPropertyAction) action =
            g_property_action_new(properties[i], canvas, properties[i]);
        g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(action));
    }
}

void tincture_window_add_tools(TinctureWindow *self)
{
    TinctureStage *const stages[] = {self->stage,
                                     tincture_subject_photo_page_get_stage(self->subject_photo)};
    for (gsize i = 0; i < G_N_ELEMENTS(stages); i++) {
        g_signal_connect_object(tincture_stage_get_canvas(stages[i]), "notify::tool",
                                G_CALLBACK(tincture_window_update_tools), self, G_CONNECT_SWAPPED);
    }
    tincture_window_take_canvas(self);
    add_letters(self);
}

void tincture_window_install_tools(GtkWidgetClass *widget_class)
{
    static const struct {
        const char *name, *parameter;
        GtkWidgetActionActivateFunc activate;
    } actions[] = {
        {"win.brush-size", "i", brush_size_action},
        {"win.brush-softness", "i", brush_softness_action},
        {"win.ask-word", NULL, ask_word_action},
        {"win.select", "s", select_action},
        {"win.deselect", "s", deselect_action},
        {"win.mask-invert", NULL, mask_invert_action},
        {"win.mask-grow", "i", mask_grow_action},
        {"win.mask-feather", "i", mask_feather_action},
        {"win.mask-clear", NULL, mask_clear_action},
        {"win.frame-remove", NULL, frame_remove_action},
        {"win.frame-show", NULL, frame_show_action},
        {"win.frame-fit", NULL, frame_fit_action},
        {"win.vary", NULL, vary_action},
        {"win.continue", NULL, continue_action},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
        gtk_widget_class_install_action(widget_class, actions[i].name, actions[i].parameter,
                                        actions[i].activate);
    }
}
