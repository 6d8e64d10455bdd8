import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useQuery } from "../lib/location";

export interface Tab { id: string; title: ComponentChildren; content: () => ComponentChildren }

/** Tabs whose choice is in the address (`name`, by default "tab"). Arrow keys move between them. */
export function Tabs({ tabs, name = "tab", label }: { tabs: Tab[]; name?: string; label: string }): JSX.Element {
  const query = useQuery();
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const chosen = tabs.find((tab) => tab.id === query.get(name)) ?? tabs[0];
  // On a phone the row is scrolled: a link may lead to a tab that is out of view.
  useEffect(() => {
    const tab = row.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (row.current && tab) {
      const past = tab.offsetLeft + tab.offsetWidth - row.current.clientWidth;
      row.current.scrollLeft = Math.min(tab.offsetLeft, Math.max(row.current.scrollLeft, past));
    }
  }, [chosen?.id]);
  const choose = (tab: Tab | undefined, focus: boolean): void => {
    if (tab) {
      query.set({ [name]: tab === tabs[0] ? null : tab.id });
      if (focus) {
        row.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
      }
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab === chosen);
    const to = event.key === "ArrowRight" ? at + 1 : event.key === "ArrowLeft" ? at - 1 : event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : null;
    if (to !== null) {
      event.preventDefault();
      choose(tabs[(to + tabs.length) % tabs.length], true);
    }
  };
  return (
    <div class="tabs">
      <div class="tab-row" role="tablist" aria-label={label} ref={row} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button type="button" role="tab" key={tab.id} data-tab={tab.id} id={`${id}-${tab.id}`} aria-selected={tab === chosen}
            aria-controls={`${id}-panel`} tabIndex={tab === chosen ? 0 : -1} onClick={() => choose(tab, false)}>{tab.title}</button>
        ))}
      </div>
      <div class="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen?.id ?? ""}`}>{chosen?.content()}</div>
    </div>
  );
}
