/** How much input may be under way to a container that does not read it: whoever feeds it waits beyond that. */
import { INPUT_WINDOW } from "./messages.ts";

export class InputWindow {
  #outstanding = 0;
  #over = false;
  #waiting: (() => void)[] = [];

  /** Takes note of bytes that went out; resolves when more may. */
  sent(bytes: number): Promise<void> {
    this.#outstanding += bytes;
    if (this.#over || this.#outstanding <= INPUT_WINDOW) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** So many bytes were read by the guest. */
  taken(bytes: number): void {
    this.#outstanding -= bytes;
    if (this.#outstanding <= INPUT_WINDOW) this.#resume();
  }

  /** Nobody reads any more: nobody waits either. */
  end(): void {
    this.#over = true;
    this.#resume();
  }

  #resume(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
