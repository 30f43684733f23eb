#include "ui/widgets/entry_list.h"

#include "compute/i18n.h"
#include "ui/widgets/entry_view.h"

// ---- the menu -----------------------------------------------------------------------------------

static void add(GMenu *menu, const char *label, const char *action, gint64 id)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);
    g_menu_item_set_action_and_target(item, action, "x", id);
    g_menu_append_item(menu, item);
}

static void add_move(GMenu *menu, const char *label, const char *action,
                     const TinctureLibraryEntry *e)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);
    g_menu_item_set_action_and_target(item, action, "(sx)", store_kind_noun(e->kind), e->id);
    g_menu_append_item(menu, item);
}

static GMenuModel *menu_of(const TinctureLibraryEntry *e)
{
    GMenu *menu = g_menu_new();
    if (e->in_trash) {
        add_move(menu, _("_Restore"), "win.restore", e);
        return G_MENU_MODEL(menu);
    }
    g_autoptr(GMenu) first = g_menu_new();
    g_autoptr(GMenu) last = g_menu_new();
    add(first, _("_Open"), "win.open-document", e->id);
    add(first, _("Open in New _Window"), "app.open-document", e->id);
    if (e->missing) {
        add(first, _("_Find the Original…"), "win.find-original", e->id);
    }
    add(first, _("_Export as One File…"), "win.export-document", e->id);
    add(first, _("_Show in Files"), "win.show-document", e->id);
    add_move(last, _("_Delete"), "win.delete", e);
    g_menu_append_section(menu, NULL, G_MENU_MODEL(first));
    g_menu_append_section(menu, NULL, G_MENU_MODEL(last));
    return G_MENU_MODEL(menu);
}

static gboolean unparent_cb(gpointer popover)
{
    gtk_widget_unparent(popover);
    return G_SOURCE_REMOVE;
}

// Its action comes after it has closed.
static void closed_cb(GtkWidget *popover)
{
    g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, unparent_cb, g_object_ref(popover), g_object_unref);
}

static void show_menu(TinctureEntryView *view, const GdkRectangle *at)
{
    const TinctureLibraryEntry *e = tincture_entry_view_get_entry(view);
    if (e == NULL || e->id == 0) {
        return;
    }
    g_autoptr(GMenuModel) menu = menu_of(e);
    GtkWidget *popover = gtk_popover_menu_new_from_model(menu);
    GtkWidget *list = gtk_widget_get_parent(gtk_widget_get_parent(GTK_WIDGET(view)));
    graphene_point_t to;
    const graphene_point_t from = {(float)at->x, (float)at->y};
    if (!gtk_widget_compute_point(GTK_WIDGET(view), list, &from, &to)) {
        return;
    }
    gtk_widget_set_parent(popover, list);
    gtk_widget_set_halign(popover, GTK_ALIGN_START);
    gtk_popover_set_has_arrow(GTK_POPOVER(popover), FALSE);
    gtk_popover_set_pointing_to(GTK_POPOVER(popover),
                                &(GdkRectangle){(int)to.x, (int)to.y, at->width, at->height});
    g_signal_connect(popover, "closed", G_CALLBACK(closed_cb), NULL);
    gtk_popover_popup(GTK_POPOVER(popover));
}

static TinctureEntryView *view_at(GtkWidget *list, double x, double y)
{
    GtkWidget *at = gtk_widget_pick(list, x, y, GTK_PICK_DEFAULT);
    GtkWidget *view = at != NULL ? gtk_widget_get_ancestor(at, TINCTURE_TYPE_ENTRY_VIEW) : NULL;
    return view != NULL ? TINCTURE_ENTRY_VIEW(view) : NULL;
}

// One for all: items are made by the hundred.
static void pressed_cb(GtkGesture *gesture, int presses, double x, double y, GtkWidget *list)
{
    TinctureEntryView *view = view_at(list, x, y);
    double to_x, to_y;
    if (view != NULL &&
        gtk_widget_translate_coordinates(list, GTK_WIDGET(view), x, y, &to_x, &to_y)) {
        gtk_gesture_set_state(gesture, GTK_EVENT_SEQUENCE_CLAIMED);
        show_menu(view, &(GdkRectangle){(int)to_x, (int)to_y, 1, 1});
    }
}

static void take_clicks(GtkWidget *list)
{
    GtkGesture *click = gtk_gesture_click_new();
    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
    g_signal_connect(click, "pressed", G_CALLBACK(pressed_cb), list);
    gtk_widget_add_controller(list, GTK_EVENT_CONTROLLER(click));
}

// ---- keys ---------------------------------------------------------------------------------------

// Of the item that has the keyboard; NULL: none.
static TinctureEntryView *focused(GtkWidget *list)
{
    GtkWidget *item = gtk_root_get_focus(gtk_widget_get_root(list));
    GtkWidget *view = item != NULL && gtk_widget_is_ancestor(item, list)
                          ? gtk_widget_get_first_child(item)
                          : NULL;
    return TINCTURE_IS_ENTRY_VIEW(view) ? TINCTURE_ENTRY_VIEW(view) : NULL;
}

void entry_list_show_menu(GtkWidget *list)
{
    TinctureEntryView *view = focused(list);
    if (view != NULL) {
        show_menu(view, &(GdkRectangle){gtk_widget_get_width(GTK_WIDGET(view)) / 2,
                                        gtk_widget_get_height(GTK_WIDGET(view)) / 2, 1, 1});
    }
}

static gboolean menu_cb(GtkWidget *list, GVariant *args, gpointer data)
{
    entry_list_show_menu(list);
    return TRUE;
}

static gboolean delete_cb(GtkWidget *list, GVariant *args, gpointer data)
{
    TinctureEntryView *view = focused(list);
    const TinctureLibraryEntry *e = view != NULL ? tincture_entry_view_get_entry(view) : NULL;
    return e != NULL && e->id != 0 && !e->in_trash &&
           gtk_widget_activate_action(list, "win.delete", "(sx)", store_kind_noun(e->kind), e->id);
}

static void take_keys(GtkWidget *list)
{
    static const struct {
        guint key;
        GdkModifierType modifiers;
        GtkShortcutFunc does;
    } keys[] = {{GDK_KEY_Delete, 0, delete_cb},
                {GDK_KEY_KP_Delete, 0, delete_cb},
                {GDK_KEY_Menu, 0, menu_cb},
                {GDK_KEY_F10, GDK_SHIFT_MASK, menu_cb}};
    GtkEventController *controller = gtk_shortcut_controller_new();
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        gtk_shortcut_controller_add_shortcut(
            GTK_SHORTCUT_CONTROLLER(controller),
            gtk_shortcut_new(gtk_keyval_trigger_new(keys[i].key, keys[i].modifiers),
                             gtk_callback_action_new(keys[i].does, NULL, NULL)));
    }
    gtk_widget_add_controller(list, controller);
}

// ---- what is seen -------------------------------------------------------------------------------

enum {
    SETTLES = 3,       // frames until items are where they belong
    BUDGET_US = 12000, // of a frame, for words and pictures
};

// A list keeps hundreds of items ready around the few that are seen. These are empty yet.
struct waiting {
    GtkWidget *list; // borrowed: it owns this
    GQueue views;    // TinctureEntryView, borrowed
    guint tick;      // 0: nothing is looked for
    int frames;      // that are looked at still
    int height;      // of one that is filled, so that nothing moves when the others are
};

static struct waiting *waiting_of(GtkWidget *list)
{
    return g_object_get_data(G_OBJECT(list), "waiting");
}

// Or will soon be: half of what is seen is added on both sides.
static gboolean is_seen(GtkWidget *list, GtkWidget *view)
{
    graphene_rect_t bounds, seen;
    const float width = (float)gtk_widget_get_width(list);
    const float height = (float)gtk_widget_get_height(list);
    graphene_rect_init(&seen, 0, -height / 2, width, 2 * height);
    return gtk_widget_get_width(view) > 0 && gtk_widget_compute_bounds(view, list, &bounds) &&
           graphene_rect_intersection(&bounds, &seen, NULL);
}

static void fill(struct waiting *w, GtkWidget *view)
{
    int height;
    tincture_entry_view_fill(TINCTURE_ENTRY_VIEW(view));
    gtk_widget_measure(view, GTK_ORIENTATION_VERTICAL, -1, NULL, &height, NULL, NULL);
    w->height = MAX(w->height, height);
}

static gboolean tick_cb(GtkWidget *list, GdkFrameClock *clock, gpointer data)
{
    struct waiting *w = data;
    const gint64 begun = g_get_monotonic_time();
    gboolean late = FALSE;
    for (GList *item = w->views.head, *next; item != NULL && !late; item = next) {
        next = item->next;
        if (is_seen(list, item->data)) {
            fill(w, item->data);
            g_queue_delete_link(&w->views, item);
            late = g_get_monotonic_time() - begun > BUDGET_US;
        }
    }
    w->frames -= late ? 0 : 1;
    w->tick = w->frames > 0 ? w->tick : 0;
    return w->frames > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void look(struct waiting *w)
{
    w->frames = SETTLES;
    if (w->tick == 0) {
        w->tick = gtk_widget_add_tick_callback(w->list, tick_cb, w, NULL);
    }
}

static void scrolled_cb(GtkAdjustment *place, GtkWidget *list)
{
    look(waiting_of(list));
}

static void waiting_free(gpointer data)
{
    struct waiting *w = data;
    g_queue_clear(&w->views);
    g_free(w);
}

static void wait_to_be_seen(GtkWidget *list)
{
    struct waiting *w = g_new0(struct waiting, 1);
    w->list = list;
    g_object_set_data_full(G_OBJECT(list), "waiting", w, waiting_free);
    g_signal_connect_object(gtk_scrollable_get_vadjustment(GTK_SCROLLABLE(list)), "value-changed",
                            G_CALLBACK(scrolled_cb), list, 0);
}

// ---- items --------------------------------------------------------------------------------------

static void setup_cb(GtkListItemFactory *factory, GtkListItem *item, TinctureCatalogue *catalogue)
{
    const gboolean row = g_object_get_data(G_OBJECT(factory), "row") != NULL;
    GtkWidget *view = tincture_entry_view_new(
        row ? GTK_ORIENTATION_HORIZONTAL : GTK_ORIENTATION_VERTICAL, catalogue);
    gtk_list_item_set_child(item, view);
}

static void bind_cb(GtkListItemFactory *factory, GtkListItem *item, GtkWidget *list)
{
    TinctureEntryView *view = TINCTURE_ENTRY_VIEW(gtk_list_item_get_child(item));
    struct waiting *w = waiting_of(list);
    tincture_entry_view_set_entry(view, gtk_list_item_get_item(item));
    if (w->height > 0) {
        int width;
        gtk_widget_get_size_request(GTK_WIDGET(view), &width, NULL);
        gtk_widget_set_size_request(GTK_WIDGET(view), width, w->height);
    }
    g_queue_push_tail(&w->views, view);
    look(w);
}

static void unbind_cb(GtkListItemFactory *factory, GtkListItem *item, GtkWidget *list)
{
    TinctureEntryView *view = TINCTURE_ENTRY_VIEW(gtk_list_item_get_child(item));
    g_queue_remove(&waiting_of(list)->views, view);
    tincture_entry_view_set_entry(view, NULL);
}

void entry_list_set_up(GtkWidget *list, TinctureCatalogue *catalogue)
{
    g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();
    if (GTK_IS_LIST_VIEW(list)) {
        g_object_set_data(G_OBJECT(factory), "row", GINT_TO_POINTER(TRUE));
    }
    wait_to_be_seen(list);
    g_signal_connect_object(factory, "setup", G_CALLBACK(setup_cb), catalogue, 0);
    g_signal_connect(factory, "bind", G_CALLBACK(bind_cb), list);
    g_signal_connect(factory, "unbind", G_CALLBACK(unbind_cb), list);
    g_object_set(list, "factory", factory, NULL);
    take_clicks(list);
    take_keys(list);
}
